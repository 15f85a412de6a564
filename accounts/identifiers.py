"""Make the identifiers that people and programs see: a prefix for the kind, then random characters."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16


def public_id(prefix: str) -> str:
    """Return e.g. `acct_8m3k...`: 80 random bits, so that ids can be neither guessed nor counted."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"


def account_id() -> str:
    """Return the id of a new TikTok account."""
    return public_id("acct")


def post_id() -> str:
    """Return the id of a new post."""
    return public_id("post")


def refresh_id() -> str:
    """Return the id of a new refresh."""
    return public_id("refr")


def prediction_id() -> str:
    """Return the id of a new prediction."""
    return public_id("pred")


def import_id() -> str:
    """Return the id of a new import of a file."""
    return public_id("impo")


def experiment_id() -> str:
    """Return the id of a new experiment."""
    return public_id("expt")
