"""Effects of habits with their ranges, and how sure each is."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from predictions.engine.advice.suggestions import MIN_CHANCE
from predictions.engine.effects.account_effects import Contrasts, Posterior
from predictions.insights.habits import Habit, Section

CLEAR_CHANCE = 0.975
"""An effect is clear from this chance of its sign on."""
_SHOWN = 0.5
"""Per cent that pages round to zero are no effect."""


class Sureness(StrEnum):
    """Confidence in an effect's sign, the surest first."""

    CLEAR = "clear"
    LIKELY = "likely"
    UNKNOWN = "cannot_tell_yet"


@dataclass(frozen=True, slots=True)
class Insight:
    """The effect of a habit on likes against the account's usual, in per cent, with its 80 % interval."""

    section: Section
    name: str
    value: str
    effect_pct: float
    low_pct: float
    high_pct: float
    chance: float
    """Probability that the effect is above zero."""
    own_posts: int
    sureness: Sureness
    evidence: Literal["own_posts", "other_creators"]
    """`other_creators`: other accounts alone would make it likely."""


def judge(habits: Sequence[Habit], posterior: Posterior, of_others: Posterior) -> list[Insight]:
    """Return the insight of each habit, surest and strongest first."""
    if not habits:
        return []
    differences = np.stack([habit.difference for habit in habits])
    contrasts = posterior.contrast(differences)
    columns = zip(*percents(contrasts), contrasts.chance_above(0.0).tolist(), strict=True)
    alone = of_others.contrast(differences).chance_above(0.0).tolist()
    told = [
        Insight(
            habit.section,
            habit.name,
            habit.value,
            effect,
            low,
            high,
            round(chance, 3),
            habit.own_posts,
            sureness_of(effect, low, high, chance),
            "other_creators" if (others if effect > 0 else 1 - others) >= MIN_CHANCE else "own_posts",
        )
        for habit, (effect, low, high, chance), others in zip(habits, columns, alone, strict=True)
    ]
    return surest_first(told)


def surest_first(insights: Iterable[Insight]) -> list[Insight]:
    """Return the insights by sureness, then by strength."""
    return sorted(insights, key=lambda each: (list(Sureness).index(each.sureness), -abs(each.effect_pct)))


def percents(contrasts: Contrasts) -> tuple[list[float], list[float], list[float]]:
    """Return effects and the ends of their 80 % intervals, in per cent to a tenth."""
    low, high = contrasts.quantiles((0.1, 0.9))
    told = [[round(100 * math.expm1(value), 1) + 0.0 for value in each] for each in (contrasts.effect, low, high)]
    return told[0], told[1], told[2]


def sureness_of(effect: float, low: float, high: float, chance: float) -> Sureness:
    """Return how sure an effect (per cent) is: never sure where its interval, as pages round it, holds zero."""
    nearest = low if effect > 0 else -high
    if nearest <= _SHOWN:
        return Sureness.UNKNOWN
    return Sureness.CLEAR if (chance if effect > 0 else 1 - chance) >= CLEAR_CHANCE else Sureness.LIKELY
