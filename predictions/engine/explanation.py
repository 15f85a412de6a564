"""What moves a forecast, in things that a creator knows."""

import math

import numpy as np
from numpy.typing import NDArray

from predictions.engine.appeal import appeal_of
from predictions.engine.features import LEVEL, PACE, SIZE, SPREAD, TABULAR, TAGS_OWN, TIME
from predictions.engine.global_model import GlobalModel
from predictions.engine.growth import Floats
from predictions.engine.types import Effect
from predictions.engine.weights import WEIGHTS

_SPECIAL = {
    "weekday": "weekday", "own_weekday": "weekday", "length": "caption_length", "words": "caption_length",
    "own_length": "caption_length", "length_unusual": "caption_length", "trend_10": "trend", "trend_30": "trend",
    "gap": "posting_pace", "pace_5": "posting_pace", "pace_20": "posting_pace", "busy": "posting_pace",
    "posts": "recent_level", "duration": "duration", "duration_unusual": "duration", "own_duration": "duration",
    "own_sound": "sound", "sound_used": "sound", "hashtags": "hashtags", "hashtags_unusual": "hashtags",
    "brightness": "cover", "contrast": "cover", "saturation": "cover", "colourfulness": "cover", "sharpness": "cover",
    "process_mean": "recent_level", "process_level": "recent_level", "process_content": "similar_posts",
    "similar_sharp": "similar_posts", "similar_wide": "similar_posts", "nearest": "similar_posts",
    "similarity_max": "similar_posts", "similarity_mean": "similar_posts",
}  # fmt: skip
_KINDS = {"recent_level": (*LEVEL, *SPREAD, *PACE), "account_size": SIZE, "post_hour": TIME, "hashtags": TAGS_OWN}
_OF_KIND = {name: kind for kind, names in _KINDS.items() for name in names}
# The rest is of the caption's own wording: questions, emoji, sentiment and the like.
GROUP_OF = {name: _SPECIAL.get(name) or _OF_KIND.get(name, "caption_wording") for name in TABULAR}
_GROUP_OF_WEIGHT = dict(
    zip(WEIGHTS, ("recent_level", "similar_posts", "post_hour", "duration", "trend", "caption_length"), strict=True)
)
_LEAST = 0.005
"""Effects below half a per cent are not worth a line."""


def explain_forecast(
    model: GlobalModel, tabular: Floats, own: Floats, topic: NDArray[np.float32]
) -> tuple[Effect, ...]:
    """Effects on the typical forecast, relative to the account's usual, the largest first.

    Contributions are LightGBM's exact Shapley values (Lundberg et al., Nature Machine Intelligence 2020) on the log
    scale, from the trees' half of the model, the account's weights (`own` (len(WEIGHTS),), log units) and what the
    draft's `topic` (1, MEANING_SIZE) does everywhere; summed by group. The network's half is not taken apart: what it
    adds is close to what the trees add.
    """
    total = dict.fromkeys([*GROUP_OF.values(), *_GROUP_OF_WEIGHT.values()], 0.0)
    total["topic"] = float(appeal_of(topic, model.appeal)[0])
    if model.ensemble:
        parts = np.asarray(model.ensemble.typical.predict(tabular, pred_contrib=True, num_threads=1))[0, :-1]
        for name, value in zip(TABULAR, parts, strict=True):
            total[GROUP_OF[name]] += float(value)
    for name, value in zip(WEIGHTS, own, strict=True):
        total[_GROUP_OF_WEIGHT[name]] += float(value)
    told = [(group, value) for group, value in total.items() if abs(value) >= _LEAST]
    told.sort(key=lambda item: -abs(item[1]))
    return tuple(Effect(group, round(100 * math.expm1(max(min(value, 5.0), -5.0)), 1)) for group, value in told)
