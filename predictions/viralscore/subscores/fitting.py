"""One sub-score: a ridge regression of how an account's posts differ on how far they spread."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.statistics import account_slices
from predictions.engine.types import Floats
from predictions.viralscore.subscores.columns import COLUMNS

COLUMNS_OF = {
    "E": ("warmth", "emoji", "exclamations", "capitals"),
    "H": ("question", "teaser", "number", "command", "pov", "length"),
    "R": ("reused_sound", "reused_hashtag"),
    "S": ("request", "mention", "question", "warmth", "length", "hashtags"),
    "T": ("rising_sound", "rising_hashtag"),
}
"""The columns that each sub-score reads."""
PARTS = tuple(COLUMNS_OF)
FEWEST_ROWS = 50
"""Posts that a sub-score is fitted on."""
EFFECT_SD = 0.1
"""Standard deviation of an effect before anything is known (log units for a column's standard deviation)."""
_CLIP = 3.0
"""Labels and scores count as at most so many standard deviations: no viral post bends a fit, no odd draft a score."""
_LEAST_SD = 0.1
"""Columns that vary less within accounts count as varying so much: a letter more or less says nothing."""


@dataclass(frozen=True, slots=True)
class SubScore:
    """Weights of a sub-score's columns; all lists have the columns of `COLUMNS_OF` in their order."""

    part: str
    mean: list[float]
    """The installation's, for columns that an account's history does not keep."""
    weights: list[float]
    """Log units for one unit of the column."""
    spread: float
    """Standard deviation of the score over the fitted posts (log units)."""

    def score(self, columns: Floats, usual: Floats, is_outrage: NDArray[np.bool_]) -> Floats:
        """Return the score (n,) against the account's usual post, in log units; NaN where no column is known.

        Parameters
        ----------
        columns, usual: (n, len(COLUMNS)).
        is_outrage: (n,); an angry post scores at most as the account's usual one.
        """
        places = [COLUMNS.index(name) for name in COLUMNS_OF[self.part]]
        own, before = columns[:, places], usual[:, places]
        difference = own - np.where(np.isnan(before), np.array(self.mean), before)
        is_known = ~np.isnan(difference)
        scores = np.where(is_known, difference, 0.0) @ np.array(self.weights)
        scores = np.where(is_outrage, np.minimum(scores, 0.0), scores)
        return np.where(is_known.any(axis=1), scores, np.nan)

    def standardised(self, scores: Floats) -> Floats:
        """Return scores (n,) in units of their spread; an unknown one is the account's usual, 0."""
        standardised: Floats = np.clip(np.nan_to_num(scores) / self.spread, -_CLIP, _CLIP)
        return standardised

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(stored["part"], list(stored["mean"]), list(stored["weights"]), float(stored["spread"]))


def fit_sub_score(part: str, account: NDArray[np.int64], columns: Floats, label: Floats) -> SubScore | None:
    """Fit one sub-score on posts (n,) by what differs within accounts; None where there is too little to fit.

    Hoerl and Kennard, "Ridge Regression" (Technometrics, 1970), its penalty from `EFFECT_SD`. Angry posts are left out
    by the caller. Unknown columns count as the account's mean.
    """
    own = columns[:, [COLUMNS.index(name) for name in COLUMNS_OF[part]]]
    usable = ~np.isnan(label) & ~np.isnan(own).all(axis=1)
    account, own, label = account[usable], own[usable], label[usable]
    if len(label) < FEWEST_ROWS:
        return None
    is_known = ~np.isnan(own)
    mean = np.where(is_known, own, 0.0).sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
    centred = np.where(is_known, own - mean, 0.0)
    label = label.copy()
    for rows in account_slices(account):
        centred[rows] -= centred[rows].mean(axis=0)
        label[rows] -= label[rows].mean()
    noise = float(label.std())
    if noise == 0:
        return None
    sd = np.maximum(centred.std(axis=0), _LEAST_SD)
    scaled = centred / sd
    label = np.clip(label, -_CLIP * noise, _CLIP * noise)
    gram = scaled.T @ scaled + np.eye(len(mean)) * (noise / EFFECT_SD) ** 2
    weights = np.linalg.solve(gram, scaled.T @ label) / sd
    spread = float((centred @ weights).std())
    return SubScore(part, mean.tolist(), weights.tolist(), spread) if spread > 0 else None
