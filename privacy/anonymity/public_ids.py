"""The ids that people and programs see: a prefix for the kind, then random characters. Knows nothing else."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16
ERASURE = "eras"
PREFIXES = {
    "acct": "a TikTok account",
    "post": "a post",
    "refr": "a refresh",
    "pred": "a forecast",
    "impo": "an import of a file",
    "expt": "an experiment",
    "drft": "a saved draft",
    "ntfy": "a notice",
    "hook": "a webhook of a person's program",
    "dlvr": "a message to a webhook",
    "push": "a browser that is told of notices",
    "comm": "a comment on a saved draft",
    "seat": "a seat at an account",
    "shar": "a link to something that a person shared",
    "appl": "an appeal against a text that was held back",
    "expo": "a copy of a person's data",
    ERASURE: "an erasure, and its receipt",
}
"""Prefix -> what it names. All are blanked in texts that stay; all but those of erasures are hashed in the logs."""


def public_id(prefix: str, *, length: int = LENGTH) -> str:
    """Return e.g. `acct_8m3k...`: five random bits a character, so that ids can be neither guessed nor counted.

    Raise KeyError for a prefix that is not in PREFIXES: its ids would stay in logs and in the access trail.
    """
    if prefix not in PREFIXES:
        raise KeyError(f"The prefix {prefix!r} is not declared: expected one of {', '.join(PREFIXES)}.")
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
