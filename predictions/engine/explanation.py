"""What moves a forecast, in things that a creator knows."""

import math

from predictions.engine.estimators.account_weights import WEIGHTS
from predictions.engine.estimators.topic_effect import appeal_of
from predictions.engine.features.tabular import LEVEL, PACE, SIZE, SPREAD, TABULAR, TAGS_OWN, TIME, Features
from predictions.engine.global_model import GlobalModel
from predictions.engine.types import Effect, Floats

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
_OTHER = "other"
_LEAST = 0.005
"""Effects below half a per cent are not worth a line."""
_MOST = 5.0
"""Log units; a line tells no more than a factor of 150."""


def explain_forecast(model: GlobalModel, features: Features, own: Floats, typical: float) -> tuple[Effect, ...]:
    """What moves the typical forecast (a count) away from the account's usual, `features.base`; the largest first.

    By group: what each feature adds to trees and networks, the account's weights (`own` (len(WEIGHTS),), log units) and
    what the draft's topic does everywhere. The last entry, "other", is the rest: what the model adds to everybody's
    forecasts, and what is too small for a line. So all effects multiplied give typical + 1 over the usual + 1.
    """
    total = dict.fromkeys([*GROUP_OF.values(), *_GROUP_OF_WEIGHT.values()], 0.0)
    total["topic"] = float(appeal_of(features.topic[None], model.appeal)[0])
    added = model.attributions(features.tabular[None], features.sequence[None])
    for name, value in zip(TABULAR, added, strict=False):
        total[GROUP_OF[name]] += float(value)
    # the latest posts one by one
    total["recent_level"] += float(added[len(TABULAR) :].sum())
    for name, value in zip(WEIGHTS, own, strict=True):
        total[_GROUP_OF_WEIGHT[name]] += float(value)
    told = [(group, value) for group, value in total.items() if abs(value) >= _LEAST]
    told.sort(key=lambda item: -abs(item[1]))
    rest = math.log1p(typical) - features.base - sum(value for _, value in told)
    if abs(rest) >= _LEAST:
        told.append((_OTHER, rest))
    return tuple(Effect(group, round(100 * math.expm1(max(min(value, _MOST), -_MOST)), 1)) for group, value in told)
