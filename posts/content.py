"""What is measured of a post's caption and cover before both are dropped.

Pure functions on text and bytes, free of Django. A caption is kept only as `CaptionMeasures`: a handful of counts, its
hashtags and an embedding: a signed hash of words and letter groups into `EMBEDDING_SIZE` numbers. It was trained on
nothing and lets two captions be compared. What it reveals: somebody who guesses a caption can confirm the
guess, and can test for single words with some false alarms; but a sentence cannot be read back from it, as the words of
all languages fall onto 128 slots and their order is lost.
"""

import io
import math
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import emoji
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError
from sklearn.feature_extraction import FeatureHasher
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

EXTRACTOR_VERSION = 1
"""Goes up whenever the same caption or cover would give other measures."""

EMBEDDING_SIZE = 128

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
_LINK = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
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
    embedding: NDArray[np.float32]
    """(EMBEDDING_SIZE,), of length one, or zero for a caption without words."""


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


def _all_hashtags(text: str, given: Sequence[str]) -> tuple[str, ...]:
    found = _HASHTAG.findall(text) + [tag.encode("utf-8", "replace").decode().lstrip("#＃") for tag in given]
    tags = (unicodedata.normalize("NFC", tag.strip().lower())[:MAX_HASHTAG] for tag in found)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _sentiment(text: str) -> float:
    if not text or text.isspace():
        return 0.0
    return float(_sentiment_analyser().polarity_scores(text[:MAX_SENTIMENT_TEXT])["compound"])


@cache
def _sentiment_analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _embed(text: str, tags: Sequence[str]) -> NDArray[np.float32]:
    tokens = Counter(_tokens(text, tags))
    # Long words carry the topic and short ones the grammar, in most languages: a rule without a list of stop words.
    pairs = ((token, (1 + math.log(count)) * _token_weight(token)) for token, count in tokens.items())
    vector = _hasher().transform([pairs]).toarray()[0]
    norm = float(np.linalg.norm(vector))
    embedding: NDArray[np.float32] = (vector / norm if norm else vector).astype(np.float32)
    return embedding


@cache
def _hasher() -> FeatureHasher:
    return FeatureHasher(EMBEDDING_SIZE, input_type="pair", alternate_sign=True)


def _tokens(text: str, tags: Sequence[str]) -> Iterator[str]:
    """Words, and letter groups inside them, which also serve scripts that put no spaces between words."""
    without_tags = _HASHTAG.sub(" ", _LINK.sub(" ", text))
    plain = unicodedata.normalize("NFKC", without_tags).casefold()
    for word in [*_WORD.findall(plain), *tags]:
        yield "w:" + word[:MAX_HASHTAG]
        framed = f"<{word}>"
        for start in range(len(framed) - 3):
            yield "g:" + framed[start : start + 4]


def _token_weight(token: str) -> float:
    if token.startswith("g:"):
        return 0.25
    return min(len(token) - 2, 8) / 8


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
