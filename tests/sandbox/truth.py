"""What the simulator knows and the application never sees: expectations, true effects, growth, counts to come.

Quantiles and means come from many draws of a post's luck from a fixed seed, through the very formula that makes counts.
"""

from dataclasses import dataclass

import numpy as np

from tests.sandbox import captions
from tests.sandbox.creators import Creator
from tests.sandbox.effects import Content, Floats, Ints, effects
from tests.sandbox.growth import fraction
from tests.sandbox.simulator import COUNTS, content_of, counts_at, draw_chance, final_counts
from tests.sandbox.world import World

DRAWS = 100_000
QUANTILES = {"q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9}


@dataclass(frozen=True)
class Draft:
    """A post that might be published."""

    caption: str
    duration_s: int
    posted_at: int
    cover: tuple[float, float, float]
    hashtags: tuple[str, ...] = ()

    @property
    def content(self) -> Content:
        """What the audience would see; hashtags that the caption does not hold are appended to it."""
        caption = captions.with_tags(self.caption, self.hashtags)
        return content_of([caption], [self.duration_s], [self.cover])


def expectation(world: World, creator: Creator, draft: Draft, age_h: float = 24.0) -> dict[str, dict[str, float]]:
    """Mean and quantiles of the draft's likes, comments, shares and views at an age."""
    content, posted_at = draft.content, np.array([draft.posted_at])
    log_likes = world.simulator.location(creator, content, posted_at, world.state.shifts)
    core, tau_h, ratio_noise, rounding = _luck(creator)
    asks = np.broadcast_to(content.text[:, 1], DRAWS)
    finals = final_counts(creator, log_likes + core, asks, ratio_noise, rounding)
    counts = counts_at(finals, np.zeros(DRAWS, np.int64), tau_h, age_h * 3600)
    return {name: _summary(counts[:, column]) for column, name in enumerate(COUNTS)}


def effect_sizes(world: World, creator: Creator, draft: Draft) -> dict[str, float]:
    """Each effect on the draft's likes in log units, by name."""
    at = np.array([draft.posted_at])
    hours = sum(
        shift.hours
        for shift in world.state.shifts
        if draft.posted_at >= shift.since and shift.creator in ("", creator.handle)
    )
    parts = effects(creator.audience, draft.content, at, np.array([float(hours)]))
    return {name: float(value[0]) for name, value in parts.items()}


def change_pct(world: World, creator: Creator, draft: Draft, changed: Draft) -> dict[str, float]:
    """The true effect, in percent of likes, of publishing `changed` in place of `draft`: in total and by effect.

    The drift of the creator's level between the two moments is left out: nobody controls it.
    """
    before, after = effect_sizes(world, creator, draft), effect_sizes(world, creator, changed)
    parts = {name: 100 * float(np.expm1(after[name] - before[name])) for name in before}
    return {"total": 100 * float(np.expm1(sum(after.values()) - sum(before.values()))), **parts}


def growth(creator: Creator, age_h: float) -> float:
    """Mean share of the final counts that the creator's posts have at an age (hours)."""
    return float(fraction(age_h, _luck(creator)[1]).mean())


def _luck(creator: Creator) -> tuple[Floats, Floats, Floats, Floats]:
    return draw_chance(np.random.default_rng(24), creator, DRAWS)


def _summary(counts: Ints) -> dict[str, float]:
    quantiles = np.quantile(counts, list(QUANTILES.values()))
    return {"mean": float(counts.mean()), **dict(zip(QUANTILES, quantiles.tolist(), strict=True))}
