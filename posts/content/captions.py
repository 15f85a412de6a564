"""Measure captions: counts of words and signs, sentiment, hashtags, an embedding."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import emoji
import numpy as np
from numpy.typing import NDArray

from posts.content.embeddings import embed
from posts.content.language import sentiment_of, words_of
from posts.content.normalising import normalised

EXTRACTOR_VERSION = 5
"""Raise it whenever the same caption or cover would get other measures."""

MAX_CAPTION = 10_000
"""Characters that are measured of a caption."""
MAX_HASHTAG = 100
"""Characters that are kept of a hashtag."""

HASHTAG = re.compile(r"[#＃]([^\s#＃@.,;:!?…()\[\]{}<>\"'“”«»/\\|]+)")
"""A hashtag in a text; its group is the tag without the #, to be read by `tag_of`."""
_MENTION = re.compile(r"(?<!\w)@\w")
_NAME = re.compile(r"(?<!\w)@[\w.]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# for the embedding: with whole words, forecasts on public captions were slightly worse
_LETTERS = re.compile(r"\w+")
_QUESTIONS = "?？؟⁇⁈"
_EXCLAMATIONS = "!！‼⁉"


@dataclass(frozen=True, slots=True)
class CaptionMeasures:
    """Counts are of characters, words and signs; shares lie in 0..1, sentiment in -1..1.

    Each field is a column of `posts.models.PostContent`.
    """

    length: int
    words: int
    questions: int
    exclamations: int
    emoji: int
    mentions: int
    links: int
    uppercase_share: float
    sentiment: float
    hashtags: tuple[str, ...]
    embedding: NDArray[np.int8]
    """(EMBEDDING_SIZE,), see `posts.content.embeddings`."""


def measure_caption(text: str, hashtags: Sequence[str] = ()) -> CaptionMeasures:
    """Measure a caption in any script; add `hashtags` to those in the text. Never raise.

    Only the first `MAX_CAPTION` characters count.
    """
    # a lone surrogate, as broken JSON can carry, cannot be encoded later on
    clean = text[:MAX_CAPTION].encode("utf-8", "replace").decode("utf-8")
    inline = _hashtags(clean, ())
    tags = _hashtags(clean, hashtags)
    without_links = _LINK.sub(" ", clean)
    folded = normalised("NFKC", HASHTAG.sub(" ", without_links)).casefold()
    without_names = _NAME.sub(" ", without_links)
    about = " ".join([without_names, *(f"#{tag}" for tag in tags if tag not in inline)])
    letters = sum(c.isalpha() for c in clean)
    return CaptionMeasures(
        length=len(clean),
        words=len(words_of(HASHTAG.sub(" ", without_names))),
        questions=sum(clean.count(c) for c in _QUESTIONS),
        exclamations=sum(clean.count(c) for c in _EXCLAMATIONS),
        emoji=emoji.emoji_count(clean),
        mentions=len(_MENTION.findall(clean)),
        links=len(_LINK.findall(clean)),
        uppercase_share=sum(c.isupper() for c in clean) / letters if letters else 0.0,
        sentiment=sentiment_of(clean),
        hashtags=tags,
        embedding=embed([*_LETTERS.findall(folded), *tags], about),
    )


def is_hashtag(tag: str) -> bool:
    """Return whether the tag, with its # or without, would count as one hashtag in a caption."""
    return HASHTAG.fullmatch(f"#{tag.strip().lstrip('#＃')}") is not None


def tag_of(written: str) -> str:
    """Return a hashtag, without its #, as captions are measured by it: in any case and form it is the same one."""
    return normalised("NFC", written.strip().lower())[:MAX_HASHTAG]


def _hashtags(text: str, others: Sequence[str]) -> tuple[str, ...]:
    raw = HASHTAG.findall(text) + [tag.encode("utf-8", "replace").decode().lstrip("#＃") for tag in others]
    return tuple(dict.fromkeys(tag for tag in map(tag_of, raw) if tag))
