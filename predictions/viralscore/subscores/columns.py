"""The columns that sub-scores read of a caption and its circumstances, and an account's usual ones."""

import math
from dataclasses import dataclass

import numpy as np

from posts.content.captions import CaptionMeasures
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
    """Return whether the tone of the words or of the emoji is `ANGRY`. Sadness counts too: it cannot be told apart."""
    return any(tone is not None and tone <= ANGRY for tone in (caption.sentiment, caption.emoji_sentiment))


def usual_columns(history: History) -> Floats:
    """Return the mean columns (len(COLUMNS),) of an account's latest posts; NaN for those that its history lacks."""
    usual = np.full(len(COLUMNS), np.nan)
    numbers = history.numbers[-USUAL_POSTS:]
    if len(numbers):
        for name, stored in _STORED.items():
            amounts = np.maximum(numbers[:, CONTENT.index(stored)], 0.0)
            usual[COLUMNS.index(name)] = (amounts > 0 if name in _KINDS else amounts).mean()
    return usual
