"""Change the hashtags of a caption's text."""

import re

from posts.content.hashtag_rule import replace_hashtags

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
    """Return the caption without the hashtag (as `tag_of` gives it), and without the gap that it leaves."""
    return replace_hashtags(text, "", only=tag).strip()


def is_disclosure(tag: str) -> bool:
    """Return whether the hashtag says that a post is paid for, whatever signs it is decorated with."""
    return re.sub(r"\W+", "", tag).casefold() in DISCLOSURES
