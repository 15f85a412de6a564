"""The global model: immutable, learned across accounts, stored as one artefact without pickle."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from posts.content.captions import EXTRACTOR_VERSION
from predictions.engine.archive import Parameters, UnreadableArchive, arrays_of, pack, unpack
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.estimators.calibration import Calibration
from predictions.engine.estimators.counts import CountsModel
from predictions.engine.estimators.ensemble import Ensemble
from predictions.engine.estimators.population import Population
from predictions.engine.estimators.topic_effect import TopicEffect
from predictions.engine.features.rows import OUTPUTS
from predictions.engine.features.tabular import LEVEL, TABULAR
from predictions.engine.types import MAX_LOG, Z80, Columns, Floats

FORMAT_VERSION = 8

_ABOVE_BEST = math.log(100)
"""No forecast exceeds the account's best post among those in the features by more than this."""
_MAX_ARTEFACT = 256 * 1024 * 1024
_PARAMETERS: dict[str, type[Parameters]] = {
    "curve": GrowthCurve, "population": Population, "counts": CountsModel,
    "calibration": Calibration,
}  # fmt: skip
_LEVELS = [TABULAR.index(name) for name in LEVEL]

_PRIOR_STEP = 0.5
"""The prior goes so far of the way from the account's level to the mean of the GP over its posts."""
_PRIOR_POSTS, _PRIOR_SD = 10.0, 1.0
"""The account's own spread is shrunk towards one log unit, as if ten posts had shown that."""
_PRIOR_POINT = 0.6
"""Variances that the prior's point lies below the median. A log-normal's best point under the relative error is one
variance below; counts have a floor at zero, which pulls it up."""


class UnreadableModel(ValueError):
    """The bytes are no model of this format; the message says why."""


@dataclass(frozen=True, slots=True)
class LogForecast:
    """Forecasts of log1p likes (n,), before calibration."""

    typical: Floats
    point: Floats
    low: Floats
    high: Floats
    ceiling: Floats | float = math.inf
    """(n,) upper bound of every forecast, also after calibration."""

    @classmethod
    def of_outputs(cls, base: Floats, outputs: Floats) -> Self:
        """Return forecasts from outputs (n, OUTPUTS) relative to the base (n,), with low <= typical <= high."""
        low, typical, high, point = (base + column for column in outputs.T)
        typical = np.maximum(typical, 0.0)
        return cls(typical, np.maximum(point, 0.0), np.minimum(low, typical), np.maximum(high, typical))

    @property
    def spread(self) -> Floats:
        """(n,) standard deviation of the normal with the same 80 % interval, at least 0.1."""
        return np.maximum((self.high - self.low) / (2 * Z80), 0.1)


@dataclass(frozen=True, slots=True)
class CalibratedForecast(Columns):
    """Forecasts of likes as counts (n,), low <= typical <= high and low <= point <= high."""

    typical: Floats
    point: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class GlobalModel:
    """Use `GlobalModel.prior()`, `train(...)` or `GlobalModel.from_bytes(...)`.

    >>> GlobalModel.prior().is_prior
    True
    """

    curve: GrowthCurve = field(default_factory=GrowthCurve)
    population: Population = field(default_factory=Population)
    counts: CountsModel = field(default_factory=CountsModel)
    effects: EffectsPrior = field(default_factory=EffectsPrior)
    calibration: Calibration = field(default_factory=Calibration)
    topic_effect: TopicEffect = field(default_factory=TopicEffect)
    ensemble: Ensemble | None = None
    manifest: dict[str, Any] = field(default_factory=dict, compare=False)
    """Record of its making: rows, accounts, time span, hash of the data, versions, seed, metrics."""

    @classmethod
    def prior(cls) -> Self:
        """Return the model without training: the account's own history and general assumptions."""
        return cls(manifest={"prior": True, "rows": 0, "accounts": 0, **versions()})

    @property
    def is_prior(self) -> bool:
        """True where no ensemble was trained, for want of rows."""
        return self.ensemble is None

    def predict(self, base: Floats, tabular: Floats, topic: NDArray[np.float32]) -> LogForecast:
        """Forecast n drafts from their features: base (n,), tabular (n, len(TABULAR)), topic (n, MEANING_SIZE)."""
        ceiling = np.maximum(base + np.fmax.reduce(tabular[:, _LEVELS], axis=1), 0.0) + _ABOVE_BEST
        outputs = self.ensemble.predict(tabular) if self.ensemble else _prior_outputs(tabular)
        outputs += self.topic_effect.predict(topic)[:, None]
        return replace(LogForecast.of_outputs(base, outputs), ceiling=ceiling)

    def calibrate(self, forecast: LogForecast, noise: Floats, base_sd: Floats) -> CalibratedForecast:
        """Stretch intervals by the account's noise (n,), calibrate, widen by that of the base (n,), return counts."""
        typical = forecast.typical
        low = typical - np.hypot((typical - forecast.low) * noise * self.calibration.down, Z80 * base_sd)
        high = typical + np.hypot((forecast.high - typical) * noise * self.calibration.up, Z80 * base_sd)
        # on a wide spread the best point under the relative error lies below the interval, which confuses people
        point = np.clip(forecast.point + self.calibration.point, low, high)
        largest = np.minimum(forecast.ceiling, MAX_LOG)
        return CalibratedForecast(*(np.expm1(np.clip(log, 0.0, largest)) for log in (typical, point, low, high)))

    def to_bytes(self) -> bytes:
        """Return the artefact; the same model gives the same bytes."""
        parameters = {name: getattr(self, name).to_json() for name in _PARAMETERS}
        arrays = {"topic_effect": self.topic_effect.effects} | (self.ensemble.to_arrays() if self.ensemble else {})
        arrays |= {f"effects/{name}": array for name, array in self.effects.to_arrays().items()}
        return pack({"format": FORMAT_VERSION, "manifest": self.manifest, **parameters}, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an artefact. Raises UnreadableModel when it is none, damaged, or of another version."""
        try:
            head, arrays = unpack(data, max_bytes=_MAX_ARTEFACT)
            stored = {**head["manifest"], "format": head["format"]}
            for name, current in versions().items():
                if stored[name] != current:
                    raise UnreadableModel(
                        f"The model has {name} {stored[name]}; this code reads {name} {current}: train it again."
                    )
            parameters: dict[str, Any] = {name: kind.from_json(head[name]) for name, kind in _PARAMETERS.items()}
            return cls(
                **parameters,
                topic_effect=TopicEffect(arrays["topic_effect"]),
                effects=EffectsPrior.from_arrays(arrays_of("effects", arrays)),
                ensemble=None if head["manifest"]["prior"] else Ensemble.from_arrays(arrays),
                manifest=head["manifest"],
            )
        except UnreadableModel:
            raise
        except (UnreadableArchive, KeyError, ValueError, TypeError) as error:
            raise UnreadableModel(f"The bytes are no model, or a damaged one ({error!r}).") from error


def versions() -> dict[str, int]:
    """Return the versions that a model's use depends on, for its manifest."""
    return {"format": FORMAT_VERSION, "features": FEATURES_VERSION, "extractor": EXTRACTOR_VERSION}


def _prior_outputs(tabular: Floats) -> Floats:
    """Return the prior's outputs (n, OUTPUTS), relative to the base."""
    mean, sd, posts = (tabular[:, TABULAR.index(name)] for name in ("gp_mean", "sd40", "posts"))
    count = np.minimum(np.exp(posts), 40.0)
    variance = (np.nan_to_num(sd) ** 2 * count + _PRIOR_SD**2 * _PRIOR_POSTS) / (count + _PRIOR_POSTS)
    variance *= 1 + 1 / count
    typical, reach = _PRIOR_STEP * np.clip(mean, -2, 2), Z80 * np.sqrt(variance)
    outputs = {"low": typical - reach, "typical": typical, "high": typical + reach}
    outputs["point"] = typical - _PRIOR_POINT * variance
    return np.stack([outputs[name] for name in OUTPUTS], axis=1)
