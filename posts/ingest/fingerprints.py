"""Recognise a caption without keeping it."""

from django.utils.crypto import salted_hmac

from posts.content.captions import measured_part
from posts.content.normalising import normalised


def caption_fingerprint(text: str) -> str:
    """Return a keyed digest (hex SHA-256) of a caption's `measured_part`, whatever its case, spacing and Unicode form.

    It is empty for a caption without characters, by which no post can be recognised.
    """
    folded = " ".join(normalised("NFKC", measured_part(text)).casefold().split())
    if not folded:
        return ""
    # the key is SECRET_KEY: without it, guesses at a caption cannot be checked against a stolen table
    return salted_hmac("posts.caption", folded.encode("utf-8", "replace"), algorithm="sha256").hexdigest()
