"""Explanation of a forecast: what the draft's inputs do on this account, against its usual post."""

import math

import numpy as np

from predictions.engine.effects.account_effects import Posterior
from predictions.engine.effects.design import BLOCKS, TAGS, WIDTH
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.types import Draft, Effect, Floats

LEVERS = {
    "post_hour": ("hour", "hour_fine"),
    "weekday": ("weekend", "weekday"),
    "duration": ("duration", "duration_smooth"),
    "caption_length": ("length", "length_smooth"),
    "question": ("question",),
    "call_to_action": ("call_to_action",),
    "tone": ("tone", "tone_sign"),
    "emoji": ("emoji", "emoji_count"),
    "hashtags": ("hashtags", "hashtags_smooth", TAGS),
    "cover": ("cover",),
}
"""Levers of a creator, each with its blocks of the design."""
OTHER = "other"
"""The rest: the account's recent form, and what other accounts show of such a post."""

_MIN_EFFECT = 0.005
"""Smaller effects (log units) get no line."""
_MAX_EFFECT = 5.0
"""A line shows at most a factor of 150 (log units)."""


def lever_columns(own_tags: int) -> dict[str, list[int]]:
    """Return the columns of each lever in a design with so many own hashtags."""
    columns = {name: list(range(block.start, block.stop)) for name, block in BLOCKS}
    columns[TAGS] = list(range(WIDTH, WIDTH + own_tags))
    return {lever: [i for block in blocks for i in columns[block]] for lever, blocks in LEVERS.items()}


def explain_forecast(
    account: LearnedAccount, posterior: Posterior, row: Floats, draft: Draft, usual: float, typical: float
) -> tuple[Effect, ...]:
    """Return what moves the typical forecast (a count) away from the account's usual level (log1p likes).

    For each lever that the draft gives, the effect of its columns (d,) against those of the usual post, largest first;
    then "other". All effects multiplied give (typical + 1) / (usual likes + 1).
    """
    absent = {"duration"} if math.isnan(draft.duration_s) else set()
    absent |= set() if draft.cover else {"cover"}
    mean = posterior.weight @ posterior.mean
    parts = (row - account.effects.usual[1:]) * mean if account.effects.posts else np.zeros_like(row)
    effects = {
        lever: float(parts[columns].sum())
        for lever, columns in lever_columns(len(account.effects.tags)).items()
        if lever not in absent
    }
    told = sorted(((k, v) for k, v in effects.items() if abs(v) >= _MIN_EFFECT), key=lambda effect: -abs(effect[1]))
    rest = math.log1p(typical) - usual - sum(value for _, value in told)
    if abs(rest) >= _MIN_EFFECT:
        told.append((OTHER, rest))
    return tuple(
        Effect(lever, round(100 * math.expm1(max(min(value, _MAX_EFFECT), -_MAX_EFFECT)), 1)) for lever, value in told
    )
