"""Make `posts/content/pictures/{face_detector,smile}.onnx`: python -m deploy.face_networks FACE-API/model OUT-FOLDER

The folder is that of the npm package @vladmandic/face-api 1.7.15 (MIT), which brings the weights of TensorFlow.js
models, rounded to 256 steps. Needs torch and onnx, which the service does not.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from posts.content.pictures.faces import DETECTOR_SIDE, SMILE_SIDE

OPSET = 17
_HAPPY = 1


class FaceDetector(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked
    """Six convolutions, most of them separable: (1, h, w, 3) colours to (1, h/32, w/32, 5 boxes, 5 numbers)."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        super().__init__()
        self.weights = {name: torch.tensor(array) for name, array in weights.items()}

    def forward(self, colours: torch.Tensor) -> torch.Tensor:
        w = self.weights
        x = (colours - torch.tensor([117.001, 114.697, 97.404])).permute(0, 3, 1, 2) / 255
        for layer in range(6):
            if layer == 0:
                x = F.conv2d(x, _kernel(w["conv0/filters"]), w["conv0/bias"], padding=1)
            else:
                x = _separable(x, w, f"conv{layer}", padding=1)
            x = F.leaky_relu(x, 0.1)
            # the last one keeps the size, with a border to the right and below
            x = F.max_pool2d(x, 2) if layer < 5 else F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-1e9), 2, 1)
        x = F.conv2d(x, _kernel(w["conv8/filters"]), w["conv8/bias"]).permute(0, 2, 3, 1)
        return x.reshape(1, x.shape[1], x.shape[2], 5, 5)


class Smile(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked
    """Four dense blocks: (1, S, S, 3) colours of a face to (1,), the probability that it is happy."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        super().__init__()
        self.weights = {name: torch.tensor(array) for name, array in weights.items()}

    def forward(self, colours: torch.Tensor) -> torch.Tensor:
        w = self.weights
        x = (colours - torch.tensor([122.782, 117.001, 104.298])).permute(0, 3, 1, 2) / 255
        for block in range(4):
            name = f"dense{block}/conv"
            # TensorFlow pads an even side below and to the right only
            x = F.pad(x, (0, 1, 0, 1))
            if block == 0:
                x = F.conv2d(x, _kernel(w[f"{name}0/filters"]), w[f"{name}0/bias"], stride=2)
            else:
                x = _separable(x, w, f"{name}0", stride=2)
            x = F.relu(x)
            total = x
            for layer in (1, 2, 3):
                total = total + _separable(x, w, f"{name}{layer}", padding=1)
                x = F.relu(total)
        x = F.avg_pool2d(x, 7).flatten(1) @ w["fc/weights"] + w["fc/bias"]
        return F.softmax(x, dim=1)[:, _HAPPY]


def _kernel(filters: torch.Tensor) -> torch.Tensor:
    """Turn TensorFlow's order (height, width, in, out) into torch's (out, in, height, width)."""
    return filters.permute(3, 2, 0, 1)


def _separable(x: torch.Tensor, w: dict[str, torch.Tensor], name: str, **how: int) -> torch.Tensor:
    depthwise = w[f"{name}/depthwise_filter"].permute(2, 3, 0, 1)
    x = F.conv2d(x, depthwise, groups=len(depthwise), **how)
    return F.conv2d(x, _kernel(w[f"{name}/pointwise_filter"]), w[f"{name}/bias"])


def read_weights(folder: Path, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a TensorFlow.js model by name; rounded ones are scaled back."""
    data, at = (folder / f"{name}.bin").read_bytes(), 0
    weights: dict[str, NDArray[Any]] = {}
    for group in json.loads((folder / f"{name}-weights_manifest.json").read_text(encoding="utf-8")):
        for weight in group["weights"]:
            size, rounded = int(np.prod(weight["shape"])), weight.get("quantization")
            array = np.frombuffer(data, np.uint8 if rounded else np.float32, size, at)
            at += array.nbytes
            if rounded:
                array = array.astype(np.float32) * np.float32(rounded["scale"]) + np.float32(rounded["min"])
            weights[weight["name"]] = array.reshape(weight["shape"]).astype(np.float32)
    return weights


def main(source: Path, target: Path) -> None:
    """Rebuild both networks and write them as ONNX files."""
    detector = FaceDetector(read_weights(source, "tiny_face_detector_model"))
    smile = Smile(read_weights(source, "face_expression_model"))
    any_shape = {"colours": {1: "height", 2: "width"}}
    for name, network, side, axes in (
        ("face_detector", detector, DETECTOR_SIDE, any_shape),
        ("smile", smile, SMILE_SIDE, {}),
    ):
        torch.onnx.export(
            network.eval(), (torch.zeros(1, side, side, 3),), target / f"{name}.onnx",
            dynamo=False, opset_version=OPSET, input_names=["colours"], dynamic_axes=axes,
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
