"""Measure captions: counts of words and signs, sentiment, hashtags, an embedding."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import emoji
import numpy as np
from numpy.typing import NDArray
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from posts.content.embeddings import embed
from posts.content.normalising import normalised

EXTRACTOR_VERSION = 4
"""Raise it whenever the same caption or cover would get other measures."""

MAX_CAPTION = 10_000
"""Characters that are measured of a caption."""
MAX_HASHTAG = 100
"""Characters that are kept of a hashtag."""
MAX_SENTIMENT_TEXT = 500
"""Characters that the sentiment is read from: it shows in the beginning, and the cost grows with each word."""

_HASHTAG = re.compile(r"[#＃]([^\s#＃@.,;:!?…()\[\]{}<>\"'“”«»/\\|]+)")
_MENTION = re.compile(r"(?<!\w)@\w")
_NAME = re.compile(r"(?<!\w)@[\w.]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
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

    Only the first `MAX_CAPTION` characters count. The sentiment is VADER's compound score (Hutto and Gilbert, ICWSM
    2014): its lexicon is English plus emoji, and other languages score near zero.
    """
    # a lone surrogate, as broken JSON can carry, cannot be encoded later on
    clean = text[:MAX_CAPTION].encode("utf-8", "replace").decode("utf-8")
    tags = _all_hashtags(clean, hashtags)
    letters = sum(c.isalpha() for c in clean)
    return CaptionMeasures(
        length=len(clean),
        words=len(_WORD.findall(clean)),
        questions=sum(clean.count(c) for c in _QUESTIONS),
        exclamations=sum(clean.count(c) for c in _EXCLAMATIONS),
        emoji=emoji.emoji_count(clean),
        mentions=len(_MENTION.findall(clean)),
        links=len(_LINK.findall(clean)),
        uppercase_share=sum(c.isupper() for c in clean) / letters if letters else 0.0,
        sentiment=_sentiment(clean),
        hashtags=tags,
        embedding=_embedding(clean, tags),
    )


def is_hashtag(tag: str) -> bool:
    """Whether the tag, with its # or without, would count as one hashtag in a caption."""
    return _HASHTAG.fullmatch(f"#{tag.strip().lstrip('#＃')}") is not None


def _all_hashtags(text: str, others: Sequence[str]) -> tuple[str, ...]:
    raw = _HASHTAG.findall(text) + [tag.encode("utf-8", "replace").decode().lstrip("#＃") for tag in others]
    tags = (normalised("NFC", tag.strip().lower())[:MAX_HASHTAG] for tag in raw)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _sentiment(text: str) -> float:
    if not text or text.isspace():
        return 0.0
    return float(_sentiment_analyser().polarity_scores(text[:MAX_SENTIMENT_TEXT])["compound"])


# The library fills its tables on the first call and takes no lock: without this, concurrent threads miss emoji.
emoji.emoji_count("x")


@cache
def _sentiment_analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _embedding(text: str, tags: Sequence[str]) -> NDArray[np.int8]:
    plain = normalised("NFKC", _HASHTAG.sub(" ", _LINK.sub(" ", text))).casefold()
    inline = _all_hashtags(text, ())
    topic = " ".join([_NAME.sub(" ", _LINK.sub(" ", text)), *(f"#{tag}" for tag in tags if tag not in inline)])
    return embed([*_WORD.findall(plain), *tags], topic)
