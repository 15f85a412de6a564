"""Score posts with a trained fusion network by ONNX Runtime, without torch."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.viralscore.examples import MODALITIES, UNTRAINED, Inputs, Singles, value_of


@dataclass(frozen=True, slots=True)
class FusionModel:
    """A trained network: plain data, to be stored as arrays."""

    onnx: bytes
    weights: Singles  # (5,) alpha to epsilon, none negative
    shapes: dict[str, tuple[int, int]]
    """(length, width) of each modality."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it as arrays."""
        shapes = np.array([self.shapes[m] for m in MODALITIES], dtype=np.int64)
        return {"onnx": np.frombuffer(self.onnx, np.uint8), "weights": self.weights, "shapes": shapes}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore it. Raises KeyError, and ValueError where a weight is negative or a shape is missing."""
        shapes = {m: (int(a), int(b)) for m, (a, b) in zip(MODALITIES, arrays["shapes"], strict=True)}
        if not (arrays["weights"] >= 0).all():
            raise ValueError("a weight of a sub-score is negative")
        return cls(arrays["onnx"].tobytes(), arrays["weights"], shapes)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n posts."""

    value: Singles  # (n,) V, 0 to 1
    heads: Singles  # (n, 5) sub-scores E, H, R, S, T, 0 to 1
    quantiles: Singles  # (n, horizons, 3) of the log ratio to the account's own level: 10, 50 and 90 %


class Scorer:
    """A network that is ready to score. Make it after a fork; it keeps one thread."""

    def __init__(self, model: FusionModel) -> None:
        # importing it takes a while, and most processes score nothing
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model.onnx, options, providers=["CPUExecutionProvider"])
        self._model = model

    def score(self, inputs: Inputs) -> Scores:
        """Score a batch (n >= 1). A modality that the network was not trained with is left aside; raises ValueError
        where another has not the shape that it was trained with.

        Candidates that share a picture or history may have it once: a modality of one row stands for all posts.
        """
        n = max(len(getattr(inputs, m)) for m in MODALITIES)
        feed = {m: self._fitting(getattr(inputs, m), self._model.shapes[m], n) for m in MODALITIES}
        heads, quantiles = self._session.run(None, feed)
        return Scores(value_of(heads, self._model.weights), 1 / (1 + np.exp(-heads)), quantiles)

    @staticmethod
    def _fitting(values: Singles, shape: tuple[int, int], n: int) -> Singles:
        if values.shape[1:] != shape:
            if shape != UNTRAINED and not np.isnan(values).all():
                raise ValueError(f"a modality has shape {values.shape[1:]}, and the network takes {shape}")
            values = np.full((1, *shape), np.nan, dtype=np.float32)
        return np.ascontiguousarray(np.broadcast_to(values, (n, *shape)), dtype=np.float32)
