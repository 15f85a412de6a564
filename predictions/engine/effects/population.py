"""Effects across accounts: the mean, and how much accounts differ, by block of the design."""

from dataclasses import dataclass, field

import numpy as np

from predictions.engine.archive import Arrays
from predictions.engine.effects.design import BLOCK_OF, BLOCKS, WIDTH
from predictions.engine.types import Floats

SCALES = np.array([0.0, 0.5, 1.0, 1.7])
"""Strength of an audience's reaction in units of the usual account's; zero: no reaction."""

_BLOCKS = len(BLOCKS) + 1
"""The last variance is that of an account's own hashtags."""


@dataclass(frozen=True, slots=True)
class EffectsPrior:
    """The distribution of effects over accounts; the defaults hold where none was learned: orders of magnitude."""

    mean: Floats = field(default_factory=lambda: np.zeros(WIDTH))
    mean_variances: Floats = field(default_factory=lambda: np.zeros(WIDTH))
    """(WIDTH,) of the mean itself: how little is known of it."""
    variances: Floats = field(default_factory=lambda: np.full(_BLOCKS, 0.1**2))
    """(blocks,) of accounts around the mean; the last is that of own hashtags."""
    scale_shares: Floats = field(default_factory=lambda: np.full(len(SCALES), 1 / len(SCALES)))
    """Share of accounts by SCALES."""
    noise: float = 0.6
    """Variance of a post around level and effects (log units)."""
    walk: float = 0.003
    """Variance per day of the level's random walk, in units of the noise."""

    def __post_init__(self) -> None:
        shapes = (self.mean.shape, self.mean_variances.shape, self.variances.shape, self.scale_shares.shape)
        if shapes != ((WIDTH,), (WIDTH,), (_BLOCKS,), SCALES.shape):
            raise ValueError("the effects have another design")

    def of_account(self, own_tags: int) -> tuple[Floats, Floats]:
        """Return means (d,) and variances (d,) of an account's effects, d = WIDTH + own_tags."""
        mean = np.append(self.mean, np.zeros(own_tags))
        variances = np.append(self.variances[BLOCK_OF] + self.mean_variances, np.full(own_tags, self.variances[-1]))
        return mean, variances

    def to_arrays(self) -> Arrays:
        """Return all that `from_arrays` needs."""
        return {
            "mean": self.mean, "mean_variances": self.mean_variances, "variances": self.variances,
            "scale_shares": self.scale_shares, "noise_walk": np.array([self.noise, self.walk]),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "EffectsPrior":
        """Restore what `to_arrays` returned. Raises KeyError, or ValueError for other shapes."""
        noise, walk = map(float, arrays["noise_walk"])
        mean, mean_variances, variances, shares = (
            arrays[name] for name in ("mean", "mean_variances", "variances", "scale_shares")
        )
        return cls(mean, mean_variances, variances, shares, noise, walk)
