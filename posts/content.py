"""What is measured of a post's caption and cover before both are dropped.

Pure functions on text and bytes, free of Django. A caption is kept only as `CaptionMeasures`: a handful of counts, its
hashtags and an embedding: a signed hash of words and letter groups, trained on nothing, and a direction that says what
it is about (`posts/meanings.py`). It lets two captions be compared. What it reveals: somebody who guesses a caption can
confirm the guess; somebody with a dictionary can tell which of its words a short caption likely holds; and models
trained for it have turned what sentence encoders give back into much of a short text (Morris et al., "Text Embeddings
Reveal (Almost) As Much As Text", EMNLP 2023). It hides a caption from a glance, not from an attack. It is personal
data.
"""

import io
import math
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import emoji
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError
from sklearn.feature_extraction import FeatureHasher
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from posts.meanings import MEANING_SIZE, meaning_of
from posts.normalising import normalised

EXTRACTOR_VERSION = 4
"""Goes up whenever the same caption or cover would give other measures."""

SLOTS = 1024
"""Chance alone makes the hashes of two unlike captions alike by about one over its square root."""

EMBEDDING_SIZE = SLOTS + MEANING_SIZE
"""First which words and letter groups there are, then what the text is about."""

EMBEDDING_STEPS = 127
"""An embedding is stored in whole steps, so many to one: sums of products of them are exact in any order."""

MAX_CAPTION = 10_000
MAX_HASHTAG = 100
# The lexicon looks at a window of words; what a caption feels like shows in its beginning.
MAX_SENTIMENT_TEXT = 500

MAX_COVER_BYTES = 20 * 1024 * 1024
MAX_COVER_PIXELS = 50_000_000
COVER_SIDE = 256
"""Covers are measured at this size (pixels of the longer side), so that sharpness can be compared between them."""

_HASHTAG = re.compile(r"[#＃]([^\s#＃@.,;:!?…()\[\]{}<>\"'“”«»/\\|]+)")
_MENTION = re.compile(r"(?<!\w)@\w")
_NAME = re.compile(r"(?<!\w)@[\w.]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_QUESTIONS = "?？؟⁇⁈"
_EXCLAMATIONS = "!！‼⁉"


class UnreadableImage(ValueError):
    """The bytes are not a picture that can be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class CaptionMeasures:
    """Counts are of characters, words and signs; shares lie in 0..1, sentiment in -1..1."""

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
    """(EMBEDDING_SIZE,), in steps of 1 / EMBEDDING_STEPS; each part has length one, or is zero if unknown."""


@dataclass(frozen=True, slots=True)
class CoverMeasures:
    """Brightness, contrast and saturation in 0..1; colourfulness and sharpness are zero or more."""

    brightness: float
    contrast: float
    saturation: float
    colourfulness: float
    sharpness: float


def measure_caption(text: str, hashtags: Sequence[str] = ()) -> CaptionMeasures:
    """Measure a caption in any script; `hashtags` are added to those found in the text. Never raises.

    Only the first `MAX_CAPTION` characters count. The sentiment is VADER's compound score (Hutto and Gilbert, ICWSM
    2014): its lexicon is English plus emoji, and other languages score near zero.
    """
    # A lone surrogate, as broken JSON can carry, cannot be encoded later on.
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
        embedding=_embed(clean, tags),
    )


def measure_cover(data: bytes) -> CoverMeasures:
    """Measure a cover picture (JPEG, PNG, WebP, GIF: whatever Pillow reads).

    Raises UnreadableImage when the bytes are too many, are no picture, are cut short, or unpack to too many pixels.
    """
    pixels = _decode_cover(data)
    grey = pixels.convert("L")
    rgb = np.asarray(pixels, dtype=np.float64)
    red_green = rgb[..., 0] - rgb[..., 1]
    yellow_blue = (rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2]
    # Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007 (2003), the metric M3.
    spread = math.hypot(red_green.std(), yellow_blue.std())
    distance = math.hypot(red_green.mean(), yellow_blue.mean())
    edges = grey.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    grey_level = ImageStat.Stat(grey)
    return CoverMeasures(
        brightness=grey_level.mean[0] / 255,
        contrast=grey_level.stddev[0] / 255,
        saturation=ImageStat.Stat(pixels.convert("HSV")).mean[1] / 255,
        colourfulness=float(spread + 0.3 * distance),
        sharpness=ImageStat.Stat(edges).stddev[0],
    )


def is_hashtag(tag: str) -> bool:
    """Whether it would count as one hashtag in a caption; with its # or without."""
    return _HASHTAG.fullmatch(f"#{tag.strip().lstrip('#＃')}") is not None


def _all_hashtags(text: str, given: Sequence[str]) -> tuple[str, ...]:
    found = _HASHTAG.findall(text) + [tag.encode("utf-8", "replace").decode().lstrip("#＃") for tag in given]
    tags = (normalised("NFC", tag.strip().lower())[:MAX_HASHTAG] for tag in found)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _sentiment(text: str) -> float:
    if not text or text.isspace():
        return 0.0
    return float(_sentiment_analyser().polarity_scores(text[:MAX_SENTIMENT_TEXT])["compound"])


# The library fills its tables with the first text and takes no lock: of threads that come together, one misses emoji.
emoji.emoji_count("x")


@cache
def _sentiment_analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _embed(text: str, tags: Sequence[str]) -> NDArray[np.int8]:
    plain = normalised("NFKC", _HASHTAG.sub(" ", _LINK.sub(" ", text))).casefold()
    tokens = Counter(_tokens([*_WORD.findall(plain), *tags]))
    # All tokens weigh the same: a long word already counts more, by the number of its letter groups.
    hashed = _hasher().transform([((token, 1 + math.log(count)) for token, count in tokens.items())]).toarray()[0]
    meaning = meaning_of(_said(text, tags))
    norm = float(np.linalg.norm(hashed))
    vector = np.concatenate([hashed / norm if norm else hashed, meaning])
    embedding: NDArray[np.int8] = np.rint(vector * EMBEDDING_STEPS).astype(np.int8)
    return embedding


def _said(text: str, tags: Sequence[str]) -> str:
    """The caption without names and links, and with hashtags that were given besides."""
    inline = _all_hashtags(text, ())
    return " ".join([_NAME.sub(" ", _LINK.sub(" ", text)), *(f"#{tag}" for tag in tags if tag not in inline)])


@cache
def _hasher() -> FeatureHasher:
    return FeatureHasher(SLOTS, input_type="pair", alternate_sign=True)


def _tokens(words: Iterable[str]) -> Iterator[str]:
    """Words, and letter groups inside them, which also serve scripts that put no spaces between words."""
    for word in words:
        yield "w:" + word[:MAX_HASHTAG]
        framed = f"<{word}>"
        for start in range(len(framed) - 3):
            yield "g:" + framed[start : start + 4]


def _decode_cover(data: bytes) -> Image.Image:
    if not data:
        raise UnreadableImage("The cover is empty; expected a JPEG, PNG, WebP or GIF picture.")
    if len(data) > MAX_COVER_BYTES:
        raise UnreadableImage(f"The cover has {len(data):,} bytes; at most {MAX_COVER_BYTES:,} are read.")
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_COVER_PIXELS:
                raise UnreadableImage(
                    f"The cover is {width} x {height} pixels; at most {MAX_COVER_PIXELS:,} pixels are read."
                )
            image.draft("RGB", (COVER_SIDE, COVER_SIDE))
            pixels = image.convert("RGB")
    except UnreadableImage:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        # where Pillow knows no such format its message names only an object in memory
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise UnreadableImage(
            f"The cover could not be read as a picture{reason}; expected JPEG, PNG, WebP or GIF."
        ) from error
    pixels.thumbnail((COVER_SIDE, COVER_SIDE))
    return pixels
