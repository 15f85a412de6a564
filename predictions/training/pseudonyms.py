"""Pseudonyms of accounts in models' manifests."""

from django.utils.crypto import salted_hmac

_LENGTH = 32


def pseudonym(account_id: str) -> str:
    """Return 128 bits, in hex, of an HMAC of an account's public id (or its id in a file) keyed by SECRET_KEY.

    Only the key's holder can tell whether a model learned from an account. Another SECRET_KEY gives other pseudonyms,
    and voids all artefacts' signatures too, so that no model with the old ones serves.
    """
    # the salt is part of every stored manifest: it never changes
    return salted_hmac("predictions.pseudonyms", account_id, algorithm="sha256").hexdigest()[:_LENGTH]
