"""Accounts whose effects are known, for the tests of effects: columns are random, not those of real posts."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.history import MAX_TAGS
from predictions.engine.effects.account_effects import AccountEffects, EffectPosts
from predictions.engine.effects.design import BLOCK_OF, TIME_WIDTH, WIDTH
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import DAY, Floats

START = 1_700_000_000 // DAY * DAY
CONTENT_WIDTH = WIDTH - TIME_WIDTH


@dataclass(frozen=True)
class Truth:
    """A population of accounts: effects are normal by block of the design, around a mean."""

    mean: Floats = field(default_factory=lambda: np.zeros(WIDTH))
    variances: Floats = field(default_factory=lambda: np.zeros(BLOCK_OF.max() + 2))
    noise: float = 0.4
    walk: float = 0.0
    """Per day, in units of the noise."""

    def effects(self, random: np.random.Generator, scale: float = 1.0) -> Floats:
        """Draw an account's effects (WIDTH,)."""
        drawn: Floats = scale * (self.mean + random.normal(size=WIDTH) * np.sqrt(self.variances[BLOCK_OF]))
        return drawn

    def posts(self, random: np.random.Generator, count: int, scale: float = 1.0) -> EffectPosts:
        """Draw an account's posts, about one a day, at any hour."""
        bare = draw_posts(random, count)
        rows = AccountEffects().columns(bare.posted_at, bare.content, bare.tags)
        steps = np.sqrt(self.walk * self.noise * np.append(0.0, np.diff(bare.posted_at)) / DAY)
        level = 6 + np.cumsum(random.normal(size=count) * steps)
        label = level + rows @ self.effects(random, scale) + random.normal(size=count) * np.sqrt(self.noise)
        return labelled(bare, label, np.zeros(count))


def draw_posts(random: np.random.Generator, count: int, tags: int = 0) -> EffectPosts:
    """Draw posts with labels by chance; of `tags` hashtags each post has up to three."""
    posted_at = START + np.cumsum(random.integers(DAY // 4, 2 * DAY, count))
    hashed = np.zeros((count, MAX_TAGS), dtype=np.uint64)
    for row in hashed:
        chosen = random.choice(np.arange(1, tags + 1), size=min(tags, int(random.integers(0, 4))), replace=False)
        row[: len(chosen)] = chosen
    return EffectPosts(
        posted_at,
        random.normal(size=(count, CONTENT_WIDTH)) * 0.5,
        hashed,
        random.normal(size=count) + 6,
        random.uniform(0, 0.3, count),
        posted_at + DAY,
    )


def labelled(posts: EffectPosts, label: Floats, variance: Floats | None = None) -> EffectPosts:
    """Return the posts with other labels."""
    return EffectPosts(
        posts.posted_at, posts.content, posts.tags, label, posts.variance if variance is None else variance,
        posts.known_from, posts.zone,
    )  # fmt: skip


def uneven_prior(**other: float) -> EffectsPrior:
    """Return a prior with a mean and variances that differ from block to block."""
    random = np.random.default_rng(5)
    shares: NDArray[np.float64] = np.array([0.1, 0.2, 0.4, 0.3])
    return EffectsPrior(
        mean=random.normal(size=WIDTH) * 0.1,
        mean_variances=random.uniform(0, 0.01, WIDTH),
        variances=random.uniform(0.005, 0.05, BLOCK_OF.max() + 2),
        scale_shares=shares,
        **other,
    )
