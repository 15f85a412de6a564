"""Make the public ids of the apps' rows; columns name these functions as their defaults."""

from privacy.anonymity.public_ids import public_id


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


def draft_id() -> str:
    """Return the id of a new saved draft."""
    return public_id("drft")


def notice_id() -> str:
    """Return the id of a new notice."""
    return public_id("ntfy")


def webhook_id() -> str:
    """Return the id of a new webhook."""
    return public_id("hook")


def delivery_id() -> str:
    """Return the id of a new delivery to a webhook."""
    return public_id("dlvr")


def push_id() -> str:
    """Return the id of a new subscription of a browser."""
    return public_id("push")


def comment_id() -> str:
    """Return the id of a new comment on a saved draft."""
    return public_id("comm")


def seat_id() -> str:
    """Return the id of a new seat at an account."""
    return public_id("seat")


def share_id() -> str:
    """Return the id of a new link to something that is shared."""
    return public_id("shar")


def appeal_id() -> str:
    """Return the id of a new appeal against a text that was held back."""
    return public_id("appl")
