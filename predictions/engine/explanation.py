"""Effects on a forecast, in groups that a creator knows."""

import math

from predictions.engine.data.history import COVER
from predictions.engine.estimators.account_weights import WEIGHTS
from predictions.engine.features.tabular import LEVEL, OWN_SIMILAR, OWN_TAGS, SIZE, SPREAD, TABULAR, Features
from predictions.engine.global_model import GlobalModel
from predictions.engine.types import Effect, Floats

_GROUPS = {
    "recent_level": (*LEVEL, *SPREAD, "posts", "gp_mean", "gp_level"),
    "account_size": SIZE,
    "trend": ("trend_10", "trend_30"),
    "posting_pace": ("gap", "pace_5", "pace_20", "busy"),
    "post_hour": ("hour_sin", "hour_cos", "own_hour"),
    "weekday": ("weekday", "own_weekday"),
    "caption_length": ("length", "words", "own_length", "length_unusual"),
    "duration": ("duration", "own_duration", "duration_unusual"),
    "sound": ("own_sound", "sound_used"),
    "hashtags": ("hashtags", "hashtags_unusual", *OWN_TAGS),
    "cover": COVER,
    "similar_posts": (*OWN_SIMILAR, "gp_content"),
}
_GROUP_BY_NAME = {name: group for group, names in _GROUPS.items() for name in names}
# measures of captions that no group names belong to the caption's wording
GROUP_OF = {name: _GROUP_BY_NAME.get(name, "caption_wording") for name in TABULAR}
_GROUP_OF_WEIGHT = dict(
    zip(WEIGHTS, ("recent_level", "similar_posts", "post_hour", "duration", "trend", "caption_length"), strict=True)
)
_OTHER = "other"
_MIN_EFFECT = 0.005
"""Smaller effects (log units) get no line."""
_MAX_EFFECT = 5.0
"""A line shows at most a factor of 150 (log units)."""


def explain_forecast(model: GlobalModel, features: Features, by_weight: Floats, typical: float) -> tuple[Effect, ...]:
    """Return what moves the typical forecast (a count) away from the account's usual, `features.base`; largest first.

    By group: what each feature adds to the ensemble, what each account weight adds (`by_weight`, (len(WEIGHTS),), log
    units), and the topic effect. The last entry, "other", is the rest: what the model adds to everybody's forecasts,
    and what is too small for a line. All effects multiplied give (typical + 1) / (usual + 1).
    """
    total = dict.fromkeys([*GROUP_OF.values(), *_GROUP_OF_WEIGHT.values()], 0.0)
    total["topic"] = float(model.topic_effect.predict(features.topic[None])[0])
    for name, value in zip(TABULAR, model.attributions(features.tabular), strict=True):
        total[GROUP_OF[name]] += float(value)
    for name, value in zip(WEIGHTS, by_weight, strict=True):
        total[_GROUP_OF_WEIGHT[name]] += float(value)
    effects = sorted(
        ((group, value) for group, value in total.items() if abs(value) >= _MIN_EFFECT),
        key=lambda effect: -abs(effect[1]),
    )
    rest = math.log1p(typical) - features.base - sum(value for _, value in effects)
    if abs(rest) >= _MIN_EFFECT:
        effects.append((_OTHER, rest))
    return tuple(
        Effect(group, round(100 * math.expm1(max(min(value, _MAX_EFFECT), -_MAX_EFFECT)), 1))
        for group, value in effects
    )
