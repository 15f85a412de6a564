"""The simulator's ground truth, hidden from the application: expectations, effects, growth, future counts.

Quantiles and means come from DRAWS draws of a post's noise with a fixed seed, through the formula that makes counts.
"""

from dataclasses import dataclass

import numpy as np

from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator
from tests.sandbox.simulation.effects import Content, Floats, Ints, effects
from tests.sandbox.simulation.growth import fraction
from tests.sandbox.simulation.simulator import COUNTS, content_of, counts_at, draw_noise, final_counts
from tests.sandbox.world import World

DRAWS = 100_000
QUANTILES = {"q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9}


@dataclass(frozen=True)
class Draft:
    """A post that may be published."""

    caption: str
    duration_s: int
    posted_at: int
    cover: tuple[float, float, float]
    hashtags: tuple[str, ...] = ()

    @property
    def content(self) -> Content:
        """Return the content as the audience sees it, with the missing hashtags appended to the caption."""
        caption = captions.with_tags(self.caption, self.hashtags)
        return content_of([caption], [self.duration_s], [self.cover])


def expectation(world: World, creator: Creator, draft: Draft, age_h: float = 24.0) -> dict[str, dict[str, float]]:
    """Return mean and quantiles of the draft's likes, comments, shares and views at an age (hours)."""
    content, posted_at = draft.content, np.array([draft.posted_at])
    log_likes = world.simulator.location(creator, content, posted_at, world.state.shifts)
    core, tau_h, ratio_noise, rounding = _draws(creator)
    asks = np.broadcast_to(content.text[:, 1], DRAWS)
    finals = final_counts(creator, log_likes + core, asks, ratio_noise, rounding)
    counts = counts_at(finals, np.zeros(DRAWS, np.int64), tau_h, age_h * 3600)
    return {name: _summary(counts[:, column]) for column, name in enumerate(COUNTS)}


def effect_sizes(world: World, creator: Creator, draft: Draft) -> dict[str, float]:
    """Return each effect on the draft's likes in log units, by name."""
    at = np.array([draft.posted_at])
    hours = sum(
        shift.hours
        for shift in world.state.shifts
        if draft.posted_at >= shift.since and shift.creator in ("", creator.handle)
    )
    parts = effects(creator.audience, draft.content, at, np.array([float(hours)]))
    return {name: float(value[0]) for name, value in parts.items()}


def change_pct(world: World, creator: Creator, draft: Draft, changed: Draft) -> dict[str, float]:
    """Return the true effect in percent of likes of publishing `changed` in place of `draft`: total and by effect.

    The drift of the creator's level between the two moments is left out, because nobody controls it.
    """
    before, after = effect_sizes(world, creator, draft), effect_sizes(world, creator, changed)
    parts = {name: 100 * float(np.expm1(after[name] - before[name])) for name in before}
    return {"total": 100 * float(np.expm1(sum(after.values()) - sum(before.values()))), **parts}


def growth(creator: Creator, age_h: float) -> float:
    """Return the mean share of final counts that the creator's posts have at an age (hours)."""
    return float(fraction(age_h, _draws(creator)[1]).mean())


def _draws(creator: Creator) -> tuple[Floats, Floats, Floats, Floats]:
    return draw_noise(np.random.default_rng(24), creator, DRAWS)


def _summary(counts: Ints) -> dict[str, float]:
    quantiles = np.quantile(counts, list(QUANTILES.values()))
    return {"mean": float(counts.mean()), **dict(zip(QUANTILES, quantiles.tolist(), strict=True))}
