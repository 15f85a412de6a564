"""The design of the effects' linear model: what a creator controls, as columns of numbers.

Columns come in blocks, whose coefficients share a variance. Smooth dependences (hour, duration, length, number of
hashtags) are Gaussian processes, written as a basis on which coefficients are independent (Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, 8.1: the subset-of-regressors basis).
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from posts.content.captions import CaptionMeasures
from predictions.engine.effects.local_time import hours_of, weekdays_of
from predictions.engine.types import Draft, Floats, PublishedPost

TAGS = "own_tags"
"""The last block: a column for each of the account's own hashtags."""
COVER = ("brightness", "contrast", "saturation", "colourfulness", "sharpness", "crop_loss", "faces")
"""Measures of a cover that have effects; of faces, whether there is one."""

_DURATIONS = np.log([2.0, 5.0, 9.0, 15.0, 24.0, 38.0, 60.0, 120.0, 300.0])
_LENGTHS = np.log1p([0.0, 8.0, 20.0, 35.0, 55.0, 80.0, 110.0, 150.0, 210.0, 300.0])
_TAG_COUNTS = np.log1p([0.0, 1.0, 2.0, 3.0, 5.0, 8.0])
_USUAL_DURATION, _USUAL_LENGTH = 20.0, 55.0
_COVER_MIDDLE = dict(zip(COVER, (0.5, 0.2, 0.4, 0.2, 0.2, 0.1, 0.5), strict=True))
_COVER_STEP = dict(zip(COVER, (0.2, 0.08, 0.2, 0.1, 0.15, 0.2, 1.0), strict=True))
"""Middle and about one standard deviation of each measure over covers; 0 to 1."""


def body_length(caption: CaptionMeasures) -> int:
    """Return the characters of a caption without its hashtags, which have effects of their own."""
    return max(caption.length - tag_characters(caption.hashtags), 0)


def tag_characters(hashtags: Sequence[str]) -> int:
    """Return the characters that hashtags take in a caption, each with its # and a space."""
    return sum(len(tag) + 2 for tag in hashtags)


def time_design(local: NDArray[np.int64]) -> Floats:
    """Return the columns of publishing times, given as local seconds (n,)."""
    turns = hours_of(local) * (2 * np.pi / 24)
    weekday = weekdays_of(local)
    return np.concatenate(
        [_harmonics(turns, (1, 2)), _harmonics(turns, (3, 4, 5, 6)), (weekday >= 5)[:, None], np.eye(7)[weekday]],
        axis=1,
    )


def content_design(items: Sequence[PublishedPost | Draft]) -> Floats:
    """Return the columns of contents (n,). An unknown duration or cover counts as a usual one: it has no effect."""
    captions = [item.caption for item in items]
    duration = np.array([item.duration_s for item in items], dtype=np.float64)
    duration = np.log(np.clip(np.where(np.isfinite(duration), duration, _USUAL_DURATION), 2.0, 600.0))
    length = np.log1p([float(min(body_length(caption), 1000)) for caption in captions])
    tags = np.log1p([float(min(len(caption.hashtags), 30)) for caption in captions])
    emoji = np.array([min(caption.emoji, 20) for caption in captions], dtype=np.float64)
    tone = np.array([caption.sentiment or 0.0 for caption in captions], dtype=np.float64)
    asks = np.array([caption.questions > 0 for caption in captions])
    calls = np.array([caption.call_to_action > 0 for caption in captions])
    columns = [
        duration - np.log(_USUAL_DURATION), _smooth(duration, "duration"),
        length - np.log1p(_USUAL_LENGTH), _smooth(length, "length"),
        asks, calls, tone / 0.5, np.sign(tone) * (np.abs(tone) > 0.05),
        emoji > 0, np.log1p(emoji),
        tags, _smooth(tags, "tags"),
        _covers(items),
    ]  # fmt: skip
    return np.hstack([column if np.ndim(column) == 2 else column[:, None] for column in columns]).astype(np.float64)


def _harmonics(turns: Floats, orders: tuple[int, ...]) -> Floats:
    """Return cosines and sines whose variances fall with their order, one in all."""
    share = np.array(orders, dtype=np.float64) ** -1.5
    waves = [wave(order * turns) for order in orders for wave in (np.cos, np.sin)]
    columns: Floats = np.stack(waves, axis=1) * np.repeat(np.sqrt(share / share.sum()), 2)
    return columns


def _covers(items: Sequence[PublishedPost | Draft]) -> Floats:
    measures = np.array([[getattr(item.cover, name, np.nan) for name in COVER] for item in items], dtype=np.float64)
    middle, step = (np.array([of[name] for name in COVER]) for of in (_COVER_MIDDLE, _COVER_STEP))
    steps = (np.clip(measures.reshape(len(items), len(COVER)), 0.0, 1.0) - middle) / step
    return np.where(np.isfinite(steps), steps, 0.0)


@cache
def _basis(name: str) -> tuple[Floats, float, Floats]:
    """Return knots, length scale, and the matrix that makes kernel values at the knots a whitened basis."""
    knots, scale = {
        "duration": (_DURATIONS, 0.7), "length": (_LENGTHS, 0.45), "tags": (_TAG_COUNTS, 0.5),
    }[name]  # fmt: skip
    kernel = np.exp(-0.5 * ((knots[:, None] - knots) / scale) ** 2)
    values, vectors = np.linalg.eigh(kernel)
    kept = values > 1e-3 * values.max()
    return knots, scale, vectors[:, kept] / np.sqrt(values[kept])


def _smooth(values: Floats, name: str) -> Floats:
    knots, scale, whiten = _basis(name)
    smooth: Floats = np.exp(-0.5 * ((values[:, None] - knots) / scale) ** 2) @ whiten
    return smooth


def _blocks() -> tuple[tuple[str, slice], ...]:
    widths = {
        "hour": 4, "hour_fine": 8, "weekend": 1, "weekday": 7,
        "duration": 1, "duration_smooth": _basis("duration")[2].shape[1],
        "length": 1, "length_smooth": _basis("length")[2].shape[1],
        "question": 1, "call_to_action": 1, "tone": 1, "tone_sign": 1, "emoji": 1, "emoji_count": 1,
        "hashtags": 1, "hashtags_smooth": _basis("tags")[2].shape[1],
        "cover": len(COVER),
    }  # fmt: skip
    ends = np.cumsum([0, *widths.values()]).tolist()
    return tuple((name, slice(a, b)) for name, (a, b) in zip(widths, pairwise(ends), strict=True))


BLOCKS = _blocks()
"""Each block's name and columns, in order; `TAGS` follows them."""
WIDTH = BLOCKS[-1][1].stop
TIME_WIDTH = BLOCKS[3][1].stop
COVER_COLUMN = {name: BLOCKS[-1][1].start + i for i, name in enumerate(COVER)}
"""The column of each measure of a cover."""
BLOCK_OF = np.concatenate([np.full(columns.stop - columns.start, i) for i, (_, columns) in enumerate(BLOCKS)])
"""(WIDTH,) the block of each column."""
