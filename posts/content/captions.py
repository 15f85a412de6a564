"""Measure captions: counts of words and signs, language, tone, wording, hashtags, an embedding."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import emoji
import numpy as np
from numpy.typing import NDArray

from posts.content import language as languages
from posts.content import tone, wording
from posts.content.embeddings import embed
from posts.content.hashtag_rule import MAX_HASHTAG, distinct_hashtags, hashtags_in, is_hashtag, replace_hashtags, tag_of
from posts.content.normalising import normalised
from privacy.anonymity.blanking import blank_contacts

__all__ = [
    "EXTRACTOR_VERSION",
    "MAX_CAPTION",
    "MAX_HASHTAG",
    "MAX_RETURNED",
    "CaptionMeasures",
    "hashtags_in",
    "is_hashtag",
    "measure_caption",
    "measured_part",
    "tag_of",
]

EXTRACTOR_VERSION = 7
"""Raise it whenever the same caption or cover would get other measures."""

MAX_CAPTION = 10_000
"""Characters of a caption that are taken."""
MAX_RETURNED = 150
"""Characters of a caption that TikTok's API returns: the longest `video_description` in its documentation."""

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
    sentiment: float | None
    """None where the language cannot be read and no emoji shows it, see `posts.content.tone`."""
    emoji_sentiment: float | None
    """Of the emoji alone, in any language; None where none has a polarity."""
    language: str
    """ISO 639 code; "" unknown."""
    reading_ease: float | None
    """Flesch's, 0 to 121.2; None where it is not defined."""
    hook: str
    """The kind of the first words, a value of `posts.content.wording.Hook`."""
    call_to_action: int
    """Different things that viewers are asked to do, 0 to 7."""
    hashtags: tuple[str, ...]
    embedding: NDArray[np.int8]
    """(EMBEDDING_SIZE,), see `posts.content.embeddings`."""


def measure_caption(text: str, hashtags: Sequence[str] = ()) -> CaptionMeasures:
    """Measure a caption in any script; add `hashtags` to those in the text. Never raise.

    Only its `measured_part` counts, so that a draft and the post that it becomes are measured alike.
    """
    clean = measured_part(text)
    inline = distinct_hashtags(clean)
    tags = distinct_hashtags(clean, hashtags)
    without_links = _LINK.sub(" ", clean)
    folded = normalised("NFKC", replace_hashtags(without_links, " ")).casefold()
    without_names = _NAME.sub(" ", without_links)
    about = " ".join([without_names, *(f"#{tag}" for tag in tags if tag not in inline)])
    plain = replace_hashtags(without_names, " ")
    words = languages.words_of(plain)
    emoji_count = 0 if clean.isascii() else emoji.emoji_count(clean)
    wordy = emoji.replace_emoji(plain, " ") if emoji_count else plain
    language = languages.language_of(wordy)
    emoji_sentiment = tone.emoji_tone_of(clean) if emoji_count else None
    letters = sum(c.isalpha() for c in clean)
    return CaptionMeasures(
        length=len(clean),
        words=len(words),
        questions=sum(clean.count(c) for c in _QUESTIONS),
        exclamations=sum(clean.count(c) for c in _EXCLAMATIONS),
        emoji=emoji_count,
        mentions=len(_MENTION.findall(clean)),
        links=len(_LINK.findall(clean)),
        uppercase_share=sum(c.isupper() for c in clean) / letters if letters else 0.0,
        sentiment=tone.tone_of(clean, language, emoji_sentiment),
        emoji_sentiment=emoji_sentiment,
        language=language,
        reading_ease=wording.reading_ease(wordy, words, language),
        hook=wording.hook_of(wordy, language).value,
        call_to_action=wording.call_to_action(wordy, language),
        hashtags=tags,
        embedding=embed([*_LETTERS.findall(folded), *tags], about),
    )


def measured_part(text: str) -> str:
    """Return the part of a caption that is measured and compared: what TikTok returns of it, without contacts.

    TikTok's documentation says 150 characters, and not of which kind. Cut after 150 UTF-16 units, never inside a
    character, a text is the same whether TikTok counts those, code points or graphemes, as each of the others is at
    least as long. Applied to its own result, or to a caption whose contacts are blanked, it changes nothing more.
    """
    part = _cut(text)
    while (blanked := _cut(blank_contacts(part))) != part:
        part = blanked
    return part


def _cut(text: str) -> str:
    # a lone surrogate, as broken JSON can carry, cannot be encoded later on
    clean = text.strip()[:MAX_RETURNED].encode("utf-8", "replace").decode("utf-8")
    return clean.encode("utf-16-le")[: 2 * MAX_RETURNED].decode("utf-16-le", "ignore").strip()
