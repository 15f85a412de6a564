"""Change the hashtags of a caption's text."""

import re

DISCLOSURES = frozenset(
    {
        "ad",
        "ads",
        "advert",
        "advertisement",
        "gifted",
        "partner",
        "paidpartner",
        "paidpartnership",
        "pr",
        "sponsor",
        "sponsored",
        "anzeige",
        "werbung",
        "annonce",
        "reklame",
        "reklam",
        "sponset",
        "pub",
        "collaborationcommerciale",
        "publicité",
        "publicidad",
        "publicidade",
        "patrocinado",
        "广告",
        "広告",
    }
)
"""Hashtags that say a post is paid for. They are facts, which no advice changes."""


def with_hashtag(text: str, tag: str) -> str:
    """Return the caption with the hashtag (without its #) at its end."""
    return f"{text.rstrip()} #{tag}".lstrip()


def without_hashtag(text: str, tag: str) -> str:
    """Return the caption without the hashtag (without its #), in any case, and without the gap that it leaves."""
    pattern = rf"\s?[#＃]{re.escape(tag)}(?!\w)"
    return re.sub(pattern, "", text, flags=re.IGNORECASE).strip()
