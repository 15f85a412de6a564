"""The columns that sub-scores read of a caption and its circumstances, and an account's usual ones."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from posts.content.captions import CaptionMeasures
from posts.content.embeddings import EMBEDDING_STEPS, SLOTS
from posts.content.meanings import meaning_of
from posts.content.wording import Hook
from predictions.engine.data.history import CONTENT, History
from predictions.engine.types import Floats

COLUMNS = (
    "warmth", "emoji", "exclamations", "capitals",
    "question", "teaser", "number", "command", "pov", "length",
    "request", "mention", "hashtags",
    "reused_sound", "reused_hashtag",
    "rising_sound", "rising_hashtag",
)  # fmt: skip
"""Amounts as log1p, kinds as 0 or 1; NaN unknown."""

ANGRY = -0.25
"""Tone in -1..1 at or below which a caption counts as outrage."""
CLEARLY_SAD = 0.1
"""Difference of likenesses to sad and to angry sentences; 32 others lay above 0.18 and below -0.05."""
SAD = (
    "I am so sad today", "I miss you so much", "my heart is broken", "crying all night because she is gone",
    "we lost our dog, rest in peace", "feeling lonely and depressed", "grief never ends", "I can't stop crying",
    "goodbye forever my friend", "it hurts so much to lose you", "tears, sorrow and pain", "heartbroken and alone",
)  # fmt: skip
FURIOUS = (
    "I hate these people", "they are disgusting liars", "stop lying to us, you idiots", "I am so angry and furious",
    "this makes me mad, what an outrage", "shame on you, corrupt criminals", "shut up you stupid moron",
    "they should be ashamed and fired", "I am sick of this garbage", "scammers and thieves, they betrayed us",
    "pathetic, worthless scum", "enraged by their hypocrisy",
)  # fmt: skip
"""Sentences that sadness and anger are told apart by."""
USUAL_POSTS = 50
"""Latest posts that an account's usual columns are the mean of."""

_STORED = {
    "warmth": "sentiment",
    "emoji": "emoji",
    "exclamations": "exclamations",
    "capitals": "uppercase",
    "question": "questions",
    "length": "length",
    "mention": "mentions",
    "hashtags": "hashtags",
}
"""Columns that a learned account's history keeps, with the one of `CONTENT` that each is made from."""
_KINDS = ("question", "mention")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Use that others make of the post's sound and hashtags at its publishing; NaN unknown.

    `reused_*` are log1p of the other accounts of the last 30 days, `rising_*` the log growth of the last three days.
    """

    reused_sound: float = math.nan
    reused_hashtag: float = math.nan
    rising_sound: float = math.nan
    rising_hashtag: float = math.nan


def columns_of(caption: CaptionMeasures, circumstances: Circumstances) -> Floats:
    """Return the columns (len(COLUMNS),) of a post or draft.

    Only a warm tone counts: an angry caption is like one without a tone, so that nothing rewards controversy.
    """
    kinds = (Hook.TEASER, Hook.NUMBER, Hook.COMMAND, Hook.POV)
    return np.array(
        [
            max(caption.sentiment or 0.0, 0.0),
            math.log1p(caption.emoji),
            math.log1p(caption.exclamations),
            caption.uppercase_share,
            float(caption.questions > 0),
            *(float(caption.hook == kind) for kind in kinds),
            math.log1p(caption.length),
            float(caption.call_to_action > 0),
            float(caption.mentions > 0),
            math.log1p(len(caption.hashtags)),
            circumstances.reused_sound,
            circumstances.reused_hashtag,
            circumstances.rising_sound,
            circumstances.rising_hashtag,
        ]
    )


def is_outrage(caption: CaptionMeasures) -> bool:
    """Return whether the tone of the words or of the emoji is `ANGRY`, unless the caption is about something sad."""
    is_bad = any(tone is not None and tone <= ANGRY for tone in (caption.sentiment, caption.emoji_sentiment))
    return is_bad and not _is_sad(caption)


def _is_sad(caption: CaptionMeasures) -> bool:
    """Return whether the caption's meaning is clearly nearer to sad sentences than to angry ones.

    A tone alone cannot tell grief from anger. Without a meaning, as in most languages, nothing is sad.
    """
    meaning = caption.embedding[SLOTS:].astype(np.float64) / EMBEDDING_STEPS
    return float(meaning @ _from_anger_to_sadness()) >= CLEARLY_SAD


@cache
def _from_anger_to_sadness() -> Floats:
    """Return the difference (MEANING_SIZE,) of the mean meanings of sad and of angry sentences."""
    sad, angry = (np.mean([meaning_of(text) for text in texts], axis=0) for texts in (SAD, FURIOUS))
    difference: Floats = sad - angry
    return difference


def usual_columns(history: History) -> Floats:
    """Return the mean columns (len(COLUMNS),) of an account's latest posts; NaN for those that its history lacks."""
    usual = np.full(len(COLUMNS), np.nan)
    numbers = history.numbers[-USUAL_POSTS:]
    if len(numbers):
        for name, stored in _STORED.items():
            amounts = np.maximum(numbers[:, CONTENT.index(stored)], 0.0)
            usual[COLUMNS.index(name)] = (amounts > 0 if name in _KINDS else amounts).mean()
    return usual
