"""The global model: immutable, learned across accounts, one self-contained artefact without pickle."""

import io
import json
import math
import zipfile
import zlib
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from posts.content import EXTRACTOR_VERSION
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.estimators.account_weights import WeightPrior
from predictions.engine.estimators.calibration import Calibration
from predictions.engine.estimators.counts import CountsModel
from predictions.engine.estimators.network import OUTPUTS, Network, Scaling
from predictions.engine.estimators.population import Population
from predictions.engine.estimators.topic_effect import appeal_of, no_appeal
from predictions.engine.features.tabular import LEVEL, SEQUENCE, TABULAR
from predictions.engine.provenance import provenance
from predictions.engine.types import MAX_LOG, Z80, Floats

FORMAT_VERSION = 4
FEATURES_VERSION = 4
"""Goes up whenever the same history and draft would give other features."""

POINT_GAP = 0.6
"""Of a model without training: the point forecast lies this many variances below the median. A log-normal's best point
under the relative error is one variance below; counts have a floor at zero, which pulls it up."""

_ABOVE_BEST = math.log(100)
"""No forecast exceeds the account's best post among those in the features by more than this."""

DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, ValueError, TypeError, EOFError, OSError)
"""What reading a damaged archive of arrays and JSON raises: zipfile takes an unknown flag for encryption, or for a
compression that it lacks."""

_MAX_ARTEFACT = 256 * 1024 * 1024


class UnreadableModel(ValueError):
    """The bytes are no model of this format; the message says why."""


@dataclass(frozen=True, slots=True)
class LogForecast:
    """Forecasts of log1p likes (n,), before calibration and account weights."""

    typical: Floats
    point: Floats
    low: Floats
    high: Floats
    ceiling: Floats | float = math.inf
    """(n,) what no forecast exceeds, calibrated or not."""

    @property
    def spread(self) -> Floats:
        """(n,) promised standard deviation, from the width of the 80 % interval."""
        return np.maximum((self.high - self.low) / (2 * Z80), 0.1)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Trees and networks that learned from the same rows; half of a forecast comes from either."""

    typical: lgb.Booster
    point: lgb.Booster
    networks: tuple[Network, ...]

    def predict(self, tabular: Floats, scaled: NDArray[np.float32]) -> Floats:
        """(n, OUTPUTS): low, typical, high, point, relative to the base."""
        outputs: Floats = np.mean([network.predict(scaled) for network in self.networks], axis=0)
        for column, booster in ((1, self.typical), (3, self.point)):
            outputs[:, column] = (outputs[:, column] + np.asarray(booster.predict(tabular, num_threads=1))) / 2
        return outputs

    def attributions(self, tabular: Floats, scaled: NDArray[np.float32]) -> Floats:
        """(scaled columns,) what each input of one draft adds to the typical forecast, log units.

        `tabular` (1, columns), and `scaled` (1, columns) which begin with the same. Of the trees, LightGBM's exact
        Shapley values (Lundberg et al., Nature Machine Intelligence 2020); what neither half owes to any input, its
        mean forecast, is left out.
        """
        added: Floats = np.mean([network.attributions(scaled[0]) for network in self.networks], axis=0)
        of_trees = np.asarray(self.typical.predict(tabular, pred_contrib=True, num_threads=1))[0, :-1]
        added[: len(of_trees)] += of_trees
        return added / 2


@dataclass(frozen=True, slots=True)
class GlobalModel:
    """Use `GlobalModel.prior()`, `train(...)` or `GlobalModel.from_bytes(...)`."""

    curve: GrowthCurve
    population: Population
    counts: CountsModel
    weight_prior: WeightPrior
    calibration: Calibration
    scaling: Scaling | None
    ensemble: Ensemble | None
    appeal: Floats
    """(MEANING_SIZE,) what topics do everywhere: see appeal.py."""
    manifest: dict[str, Any] = field(compare=False)
    """What went in: rows, accounts, span, data hash, code, library and format versions, seed, metrics."""

    @classmethod
    def prior(cls) -> Self:
        """A model without training: it says what the shape of such data says, and says so."""
        manifest = {"prior": True, "rows": 0, "accounts": 0, **versions()}
        return cls(
            GrowthCurve.prior(),
            Population(),
            CountsModel(),
            WeightPrior(),
            Calibration(),
            None,
            None,
            no_appeal(),
            manifest,
        )

    @property
    def is_prior(self) -> bool:
        """Whether no models were trained, for want of rows: then it is mostly assumption."""
        return self.ensemble is None

    def predict(self, base: Floats, tabular: Floats, sequence: Floats, topic: NDArray[np.float32]) -> LogForecast:
        """Forecasts of n drafts from their features."""
        ceiling = np.maximum(base + np.fmax.reduce(tabular[:, _LEVELS], axis=1), 0.0) + _ABOVE_BEST
        if self.scaling is None or self.ensemble is None:
            return replace(_structural(base, tabular), ceiling=ceiling)
        outputs = self.ensemble.predict(tabular, self.scaling.apply(np.hstack([tabular, sequence])))
        return replace(ordered(base, outputs + appeal_of(topic, self.appeal)[:, None]), ceiling=ceiling)

    def attributions(self, tabular: Floats, sequence: Floats) -> Floats:
        """(TABULAR and SEQUENCE columns,) what each feature of one draft adds to its typical forecast, log units.

        `tabular` and `sequence` have one row; what the draft's topic adds is `appeal_of(...)`.
        """
        if self.scaling is None or self.ensemble is None:
            return _structural_attributions(tabular, sequence)
        return self.ensemble.attributions(tabular, self.scaling.apply(np.hstack([tabular, sequence])))

    def to_bytes(self) -> bytes:
        """The artefact: a zip of JSON, LightGBM's text and plain arrays; the same model gives the same bytes."""
        parts: dict[str, bytes] = {"manifest.json": _json(self.manifest)}
        parts["parameters.json"] = _json(
            {
                "format": FORMAT_VERSION,
                "networks": len(self.ensemble.networks) if self.ensemble else 0,
                "layers": len(self.ensemble.networks[0].weights) if self.ensemble else 0,
                "curve": self.curve.to_json(),
                "population": self.population.to_json(),
                "counts": self.counts.to_json(),
                "weight_prior": self.weight_prior.to_json(),
                "calibration": self.calibration.to_json(),
                "appeal": self.appeal.tolist(),
            }
        )
        if self.scaling:
            parts["scaling.npy"] = _npy(np.stack([self.scaling.middle, self.scaling.reach]))
        if self.ensemble:
            parts["typical.txt"] = self.ensemble.typical.model_to_string().encode()
            parts["point.txt"] = self.ensemble.point.model_to_string().encode()
            for i, network in enumerate(self.ensemble.networks):
                for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
                    parts[f"{i}/layer{layer}.npy"] = _npy(np.vstack([weight, bias]))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(parts.items()):
                # A fixed date: ZipInfo's default is 1980, where writestr(name) would put the clock's.
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an artefact back. Raises UnreadableModel when it is none, damaged, or of another version."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(info.file_size for info in archive.infolist()) > _MAX_ARTEFACT:
                    raise UnreadableModel(f"The model unpacks to more than {_MAX_ARTEFACT:,} bytes.")
                parts = {name: archive.read(name) for name in archive.namelist()}
            parameters, manifest = json.loads(parts["parameters.json"]), json.loads(parts["manifest.json"])
            _check_versions(parameters, manifest)
            return cls(
                GrowthCurve.from_json(parameters["curve"]),
                Population.from_json(parameters["population"]),
                CountsModel.from_json(parameters["counts"]),
                WeightPrior.from_json(parameters["weight_prior"]),
                Calibration.from_json(parameters["calibration"]),
                Scaling(*_array(parts["scaling.npy"])) if "scaling.npy" in parts else None,
                _ensemble(parts, parameters["networks"], parameters["layers"]) if parameters["networks"] else None,
                _appeal(parameters["appeal"]),
                manifest,
            )
        except UnreadableModel:
            raise
        except (*DAMAGED, lgb.basic.LightGBMError) as error:
            raise UnreadableModel(f"The bytes are no model, or a damaged one ({error!r}).") from error


@dataclass(frozen=True, slots=True)
class CalibratedForecast:
    """Forecasts of likes as counts (n,), low <= typical <= high and low <= point <= high."""

    typical: Floats
    point: Floats
    low: Floats
    high: Floats

    def __getitem__(self, rows: NDArray[np.bool_]) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def serve(
    model: GlobalModel, raw: LogForecast, shift: Floats, noise: Floats, known: NDArray[np.int64]
) -> CalibratedForecast:
    """Move by the account's weights (`shift`, log units), stretch by its noise, calibrate, and turn into counts.

    `known` (n,) is the length of each history.
    """
    down, up = model.calibration.factors(known)
    typical = raw.typical + shift
    low, high = typical - (raw.typical - raw.low) * noise * down, typical + (raw.high - raw.typical) * noise * up
    # on a wide spread the best point under the relative error lies below the interval, which nobody would understand
    point = np.clip(raw.point + shift + model.calibration.point, low, high)
    counts = [np.expm1(np.clip(x, 0.0, np.minimum(raw.ceiling, MAX_LOG))) for x in (typical, point, low, high)]
    return CalibratedForecast(*counts)


def versions() -> dict[str, Any]:
    """Of the code that a model depends on, for its manifest."""
    return {
        "format": FORMAT_VERSION,
        "features": FEATURES_VERSION,
        "extractor": EXTRACTOR_VERSION,
        **provenance(),
    }


def ordered(base: Floats, outputs: Floats) -> LogForecast:
    """Outputs (n, 4: low, typical, high, point, relative to the base) as forecasts, low <= typical <= high."""
    typical = np.maximum(base + outputs[:, 1], 0.0)
    low = np.minimum(base + outputs[:, 0], typical)
    high = np.maximum(base + outputs[:, 2], typical)
    return LogForecast(typical, np.maximum(base + outputs[:, 3], 0.0), low, high)


_LEVELS = [TABULAR.index(name) for name in LEVEL]
_STRUCTURAL_STEP = 0.5


def _structural(base: Floats, tabular: Floats) -> LogForecast:
    """Without training: half of the way from the account's level to what its own process says, and its own spread.

    The spread is shrunk towards one log unit (a factor of 2.7), as if ten posts had shown that.
    """
    mean, spread, posts = (tabular[:, TABULAR.index(name)] for name in ("process_mean", "sd40", "posts"))
    count = np.minimum(np.exp(posts), 40.0)
    variance = (np.nan_to_num(spread) ** 2 * count + 10.0) / (count + 10.0)
    sd = np.sqrt(variance * (1 + 1 / count))
    shift = _STRUCTURAL_STEP * np.clip(mean, -2, 2)
    return ordered(base, np.stack([shift - Z80 * sd, shift, shift + Z80 * sd, shift - POINT_GAP * sd**2], axis=1))


def _structural_attributions(tabular: Floats, sequence: Floats) -> Floats:
    added = np.zeros(tabular.shape[1] + sequence.shape[1])
    for name in ("process_content", "process_level"):
        column = TABULAR.index(name)
        added[column] = _STRUCTURAL_STEP * tabular[0, column]
    return added


def _check_versions(parameters: dict[str, Any], manifest: dict[str, Any]) -> None:
    if parameters["format"] != FORMAT_VERSION:
        raise UnreadableModel(
            f"The model has format {parameters['format']}; this code reads format {FORMAT_VERSION}: train it again."
        )
    for name in ("features", "extractor"):
        if manifest[name] != versions()[name]:
            raise UnreadableModel(
                f"The model was trained with {name} version {manifest[name]}, this code computes version "
                f"{versions()[name]}: train it again."
            )


def _ensemble(parts: dict[str, bytes], networks: int, layers: int) -> Ensemble:
    typical, point = (lgb.Booster(model_str=parts[f"{head}.txt"].decode()) for head in ("typical", "point"))
    return Ensemble(typical, point, tuple(_network(parts, i, layers) for i in range(networks)))


def _network(parts: dict[str, bytes], i: int, layers: int) -> Network:
    network = [_array(parts[f"{i}/layer{layer}.npy"]).astype(np.float32) for layer in range(layers)]
    if network[0].shape[0] != len(TABULAR) + SEQUENCE + 1 or network[-1].shape[1] != OUTPUTS:
        raise UnreadableModel("The model's network has another shape than its features.")
    return Network(tuple(x[:-1] for x in network), tuple(x[-1] for x in network))


def _appeal(told: list[float]) -> Floats:
    effects = np.array(told, dtype=np.float64)
    if effects.shape != no_appeal().shape:
        raise UnreadableModel("The model knows another number of topics than captions have.")
    return effects


def _array(data: bytes) -> NDArray[Any]:
    loaded: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return loaded


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False).encode()
