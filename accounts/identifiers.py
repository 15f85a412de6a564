"""Identifiers that are shown to people and programs: a prefix that says what it is, then random characters."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16


def public_id(prefix: str) -> str:
    """E.g. `acct_8m3k...`: 80 random bits, so that ids can be neither guessed nor counted."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"


def account_id() -> str:
    return public_id("acct")


def post_id() -> str:
    return public_id("post")


def refresh_id() -> str:
    return public_id("refr")


def prediction_id() -> str:
    return public_id("pred")
