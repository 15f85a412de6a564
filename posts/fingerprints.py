"""Recognising a caption without keeping it."""

import unicodedata

from django.utils.crypto import salted_hmac


def caption_fingerprint(text: str) -> str:
    """A keyed digest (hex SHA-256) of the caption, the same whatever its case, spacing and Unicode form.

    Empty for a caption without characters: that is no mark to recognise a post by.
    """
    normalised = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not normalised:
        return ""
    # the key is SECRET_KEY: without it, guesses at a caption cannot be checked against a stolen table
    return salted_hmac("posts.caption", normalised.encode("utf-8", "replace"), algorithm="sha256").hexdigest()
