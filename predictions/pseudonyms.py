"""Names of accounts in a model's manifest."""

from django.utils.crypto import salted_hmac

_LENGTH = 32


def pseudonym(account_id: str) -> str:
    """128 bits of an HMAC of an account's public id (or its id in a file) under a key derived from SECRET_KEY.

    Only who holds the key can tell whether a model has learned from an account. Another SECRET_KEY gives others; it
    makes the signatures of all artefacts void too, so that no such model serves any more.
    """
    return salted_hmac("predictions.pseudonyms", account_id, algorithm="sha256").hexdigest()[:_LENGTH]
