"""A readable summary of an account's effects: a few contrasts in per cent, each with its range."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from posts.content.captions import measure_caption
from predictions.engine.effects.account_effects import AccountEffects, Contrasts
from predictions.engine.effects.design import BLOCKS, TIME_WIDTH, WIDTH, content_design, time_design
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import DAY, HOUR, Draft, Floats

_COLUMNS = dict(BLOCKS)
_MONDAY = 4 * DAY
"""Local seconds of a Monday's start: 1970-01-01 was a Thursday."""


@dataclass(frozen=True, slots=True)
class LeverEffect:
    """The effect of one contrast on likes, in per cent, with its 80 % interval."""

    lever: str
    contrast: str
    effect_pct: float
    low_pct: float
    high_pct: float
    chance: float
    """Probability that the effect is above zero."""


@dataclass(frozen=True, slots=True)
class EffectsSummary:
    """The learned effects of an account, readable."""

    time_zone: str
    posts_learned: int
    effects: tuple[LeverEffect, ...]


def zone_name(effects: AccountEffects) -> str:
    """Return the zone of the account's local time: an IANA name, or an inferred offset such as UTC+02:00.

    >>> zone_name(AccountEffects(offset=-19_800))
    'UTC-05:30'
    """
    if effects.zone or not effects.offset:
        return effects.zone or "UTC"
    hours, minutes = divmod(abs(effects.offset) // 60, 60)
    return f"UTC{'-' if effects.offset < 0 else '+'}{hours:02}:{minutes:02}"


def summarise_effects(prior: EffectsPrior, effects: AccountEffects) -> EffectsSummary:
    """Return a few contrasts of the effects' posterior, of the levers that an account can pull."""
    names, differences = zip(*_contrasts(prior, effects), strict=True)
    contrasts = effects.posterior(prior).contrast(np.array(differences))
    columns = zip(contrasts.effect, contrasts.quantile(0.1), contrasts.quantile(0.9), strict=True)
    percents = [[round(100 * math.expm1(value), 1) for value in row] for row in columns]
    told = zip(names, percents, contrasts.chance_above(0.0).tolist(), strict=True)
    return EffectsSummary(
        zone_name(effects),
        effects.posts,
        tuple(
            LeverEffect(lever, words, effect, low, high, round(chance, 3))
            for (lever, words), (effect, low, high), chance in told
        ),
    )


def _contrasts(prior: EffectsPrior, effects: AccountEffects) -> Iterator[tuple[tuple[str, str], Floats]]:
    """Yield (lever, words) and the difference of columns (d,) of each contrast."""
    own_tags = len(effects.tags)

    def of_times(difference: Floats) -> Floats:
        return np.append(difference, np.zeros(WIDTH - TIME_WIDTH + own_tags))

    def of_contents(changed: Draft, usual: Draft) -> Floats:
        rows = content_design([changed, usual])
        return np.concatenate([np.zeros(TIME_WIDTH), rows[0] - rows[1], np.zeros(own_tags)])

    hours = time_design(_MONDAY + HOUR * np.arange(24))
    by_hour = np.array([of_times(row - hours.mean(axis=0)) for row in hours])
    contrasts: Contrasts = effects.posterior(prior).contrast(by_hour)
    best = int(np.argmax(contrasts.effect))
    yield ("post_hour", f"{best:02}:00 local time against the average hour"), by_hour[best]
    days = time_design(_MONDAY + 12 * HOUR + DAY * np.arange(7))
    yield ("weekday", "weekend against Monday to Friday"), of_times(days[5:].mean(axis=0) - days[:5].mean(axis=0))
    usual_length, seconds = round(_usual(effects, "length", 1 + 55.0)) - 1, _usual(effects, "duration", 20.0)
    # an empty caption's tone is neutral, whatever language it would be
    caption = replace(measure_caption(""), length=max(usual_length, 1), sentiment=0.0)
    reference = Draft(0, caption, math.nan, "", None)
    longer = 2 * caption.length
    yield (
        ("duration", f"{2 * seconds:.0f} s against {seconds:.0f} s"),
        of_contents(replace(reference, duration_s=2 * seconds), replace(reference, duration_s=seconds)),
    )
    yield (
        ("caption_length", f"{longer} characters against {caption.length}, without hashtags"),
        of_contents(replace(reference, caption=replace(caption, length=longer)), reference),
    )
    for lever, words, changes in (
        ("question", "a question against none", {"questions": 1}),
        ("call_to_action", "a call to action against none", {"call_to_action": 1}),
        ("tone", "a positive tone against a neutral one", {"sentiment": 0.5}),
        ("emoji", "one emoji against none", {"emoji": 1}),
    ):
        yield (lever, words), of_contents(replace(reference, caption=replace(caption, **changes)), reference)


def _usual(effects: AccountEffects, block: str, reference: float) -> float:
    """Return the account's usual duration or length, from the usual post's log distance to the design's reference."""
    return reference * math.exp(float(effects.usual[1:][_COLUMNS[block]][0]))
