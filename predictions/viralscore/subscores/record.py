"""An installation's record of its sub-scores: fits, evidence, and the weights of V. Learned forward in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from predictions.engine.types import Floats
from predictions.viralscore.subscores.evidence import Evidence, judge
from predictions.viralscore.subscores.fitting import PARTS, SubScore, fit_sub_score
from predictions.viralscore.subscores.posts import PostTable

FORMAT_VERSION = 1
MANIFEST_ENTRY = "viralscore"
"""The entry of a model's manifest that holds a record: it is signed, promoted and rolled back with the model."""
VALUE = "V"
FITTED, WEIGHTED = 0.5, 0.75
"""Quantiles of publishing: sub-scores are fitted on posts known by the first, V's weights on those by the second."""
USUAL = 0.5
"""The most that an angry post scores."""
_PENALTY = 1e-3


@dataclass(frozen=True, slots=True)
class PartScores:
    """V and its parts for a draft, 0 to 1; None where there is no evidence for a number, or an input is unknown."""

    value: float | None
    parts: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Record:
    """What an installation learned of its sub-scores; use `learn_record` or `Record.from_json`."""

    until: int
    """Epoch seconds: nothing later was used."""
    sub_scores: Mapping[str, SubScore]
    evidence: Mapping[str, Evidence]
    """Of the sub-scores that could be fitted."""
    intercept: float
    weights: Mapping[str, float]
    """Of the sub-scores with evidence, in units of their spread; none is negative."""
    value_evidence: Evidence | None
    """Of V, on the latest quarter; None where no sub-score has evidence."""

    def score(self, columns: Floats, usual: Floats, is_outrage: bool) -> PartScores:
        """Return V and its parts of a draft's columns (len(COLUMNS),) beside the account's usual ones."""
        outrage = np.array([is_outrage])
        scores = {
            part: float(self.sub_scores[part].score(columns[None], usual[None], outrage)[0])
            for part, evidence in self.evidence.items()
            if evidence.is_enough
        }
        values: dict[str, float | None] = dict.fromkeys(PARTS)
        known = {part: np.array([score]) for part, score in scores.items() if not np.isnan(score)}
        values |= {part: float(expit(self.sub_scores[part].standardised(score)[0])) for part, score in known.items()}
        if self.value_evidence is None or not self.value_evidence.is_enough:
            return PartScores(None, values)
        value = float(expit(self._combined({part: np.array([score]) for part, score in scores.items()})[0]))
        return PartScores(min(value, USUAL) if is_outrage else value, values)

    def raw_scores(self, columns: Floats, usual: Floats, is_outrage: bool) -> dict[str, float]:
        """Return each sub-score (log units) and, as `VALUE`, V before the logistic function, evidence or not.

        For judging them: nobody is shown these. Unknown ones are left out, V also where nothing has evidence.
        """
        outrage = np.array([is_outrage])
        scores = {part: each.score(columns[None], usual[None], outrage) for part, each in self.sub_scores.items()}
        raw = {part: float(score[0]) for part, score in scores.items() if not np.isnan(score[0])}
        if self.weights:
            value = float(self._combined(scores)[0])
            raw[VALUE] = min(value, 0.0) if is_outrage else value
        return raw

    def _combined(self, scores: Mapping[str, Floats]) -> Floats:
        """Return V (n,) before the logistic function; an unknown sub-score counts as usual."""
        parts = [weight * self.sub_scores[part].standardised(scores[part]) for part, weight in self.weights.items()]
        total: Floats = self.intercept + np.sum(parts, axis=0)
        return total

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT_VERSION,
            "until": self.until,
            "sub_scores": {part: fitted.to_json() for part, fitted in self.sub_scores.items()},
            "evidence": {part: evidence.to_json() for part, evidence in self.evidence.items()},
            "intercept": self.intercept,
            "weights": dict(self.weights),
            "value_evidence": self.value_evidence and self.value_evidence.to_json(),
        }

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Self | None:
        """Return the record that a model's manifest holds.

        None for the prior, for models from before there were records, and for another format, which the next training
        replaces.
        """
        stored = manifest.get(MANIFEST_ENTRY)
        return cls.from_json(stored) if stored and stored["format"] == FORMAT_VERSION else None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            until=int(stored["until"]),
            sub_scores={part: SubScore.from_json(fitted) for part, fitted in stored["sub_scores"].items()},
            evidence={part: Evidence.from_json(each) for part, each in stored["evidence"].items()},
            intercept=float(stored["intercept"]),
            weights={part: float(weight) for part, weight in stored["weights"].items()},
            value_evidence=Evidence.from_json(stored["value_evidence"]) if stored["value_evidence"] else None,
        )


def learn_record(table: PostTable, *, until: int) -> Record:
    """Fit the sub-scores on the earlier half of posts, judge them on the later half, and combine those with evidence.

    V's weights are fitted on the third quarter, and V is judged on the last one. Angry posts teach nothing.
    """
    labelled = ~np.isnan(table.propagation) & (table.known_from <= until)
    table = table[labelled]
    moments = np.quantile(table.posted_at, (FITTED, WEIGHTED)) if len(table) else (0.0, 0.0)
    fitted_until, weighted_until = (float(moment) for moment in moments)
    early = (table.known_from <= fitted_until) & ~table.is_outrage
    sub_scores: dict[str, SubScore] = {}
    for part in PARTS:
        # S is what is shared more than usual; the others learn from how far posts spread
        label = table.sharing if part == "S" else table.propagation
        if fitted := fit_sub_score(part, table.account[early], table.columns[early], label[early]):
            sub_scores[part] = fitted
    later = table[table.posted_at > fitted_until]
    scores = {p: each.score(later.columns, later.usual, later.is_outrage) for p, each in sub_scores.items()}
    evidence = {part: judge(later.account, score, later.propagation) for part, score in scores.items()}
    shown = {part: scores[part] for part, each in evidence.items() if each.is_enough}
    if not shown:
        return Record(until, sub_scores, evidence, 0.0, {}, None)
    third = (later.known_from <= weighted_until) & ~later.is_outrage
    scaled = np.column_stack([sub_scores[part].standardised(score) for part, score in shown.items()])
    intercept, weights = _fit_weights(scaled[third], later.propagation[third] > 0)
    record = Record(until, sub_scores, evidence, intercept, dict(zip(shown, weights, strict=True)), None)
    last = later.posted_at > weighted_until
    combined = record._combined(shown)
    value_evidence = judge(later.account[last], combined[last], later.propagation[last])
    return Record(until, sub_scores, evidence, intercept, record.weights, value_evidence)


def _fit_weights(scores: Floats, spread_further: NDArray[np.bool_]) -> tuple[float, list[float]]:
    """Return the intercept and non-negative weights (k,) of a logistic regression on scores (n, k)."""
    from scipy.optimize import minimize

    signs = np.where(spread_further, 1.0, -1.0)
    design = np.column_stack([np.ones(len(scores)), scores])

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (design @ weights)
        total = np.logaddexp(0.0, -margins).sum() + _PENALTY * (weights @ weights)
        return float(total), -design.T @ (signs * expit(-margins)) + 2 * _PENALTY * weights

    bounds = [(None, None), *[(0.0, None)] * scores.shape[1]]
    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), [float(weight) for weight in found.x[1:]]
