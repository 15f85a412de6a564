"""Embed what a picture shows, so that covers can be compared: an ImageNet network's features, projected.

The network is MobileNetV2 (Sandler et al., CVPR 2018). Its weights are not in the repository: `manage.py
export_picture_network` writes it as an ONNX file into a folder (`PICTURE_NETWORKS_PATH`). Without the file there is no
embedding, and nothing else is missing. An embedding tells a lot about a picture: it is personal data.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image

from posts.content.pictures.networks import Network

log = structlog.get_logger(__name__)

PICTURE_EMBEDDING_SIZE = 128
NETWORK_FILE = "embedding.onnx"
MANIFEST_FILE = "embedding.json"
STEPS = 127
"""An embedding has length one, in whole steps, so many to one."""

_INPUT_SIDE = 160
"""The input has as many pixels as a square of this side, in the picture's own shape: nothing is cut off."""
_SMALLEST_SIDE = 64
_ID_LENGTH = 12

_folder: Path | None = None


class UnusableNetwork(ValueError):
    """The folder's files are not a network with its manifest; the message says why."""


class EmbeddingNetwork:
    """The network of a folder; `id` tells it from others, as embeddings of two networks cannot be compared."""

    def __init__(self, folder: Path) -> None:
        """Read the folder. Raise UnusableNetwork if the network is missing, or is another than the manifest names."""
        self.id = _id_in_manifest(folder)
        try:
            found = hashlib.sha256((folder / NETWORK_FILE).read_bytes()).hexdigest()
        except OSError as error:
            raise UnusableNetwork(f"{folder / NETWORK_FILE} cannot be read: {error}") from error
        if not found.startswith(self.id):
            raise UnusableNetwork(
                f"{folder / NETWORK_FILE} is not the file that {MANIFEST_FILE} names: its hash differs."
            )
        self._network = Network(folder / NETWORK_FILE)

    def embed(self, image: Image.Image) -> NDArray[np.int8]:
        """Embed an RGB image: (PICTURE_EMBEDDING_SIZE,) in steps of 1 / STEPS."""
        scale = _INPUT_SIDE / math.sqrt(image.width * image.height)
        longest = _INPUT_SIDE**2 // _SMALLEST_SIDE
        width, height = (min(max(round(side * scale), _SMALLEST_SIDE), longest) for side in image.size)
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
        embedding: NDArray[np.int8] = np.rint(self._network.run(pixels[None])[0] * STEPS).astype(np.int8)
        return embedding


def use_networks_in(folder: str) -> None:
    """Look for the network in this folder from now on; an empty name means that there is none."""
    global _folder
    _folder = Path(folder) if folder else None


def installed_network() -> str:
    """Return the id of the network in the folder in use, by its manifest alone; empty without one."""
    if _folder is None:
        return ""
    try:
        return _id_in_manifest(_folder)
    except UnusableNetwork:
        return ""


def embedding_network() -> EmbeddingNetwork | None:
    """Return the network of the folder in use, read once; None if there is none, or if it cannot be used."""
    installed = installed_network()
    return _read(_folder, installed) if _folder is not None and installed else None


def _id_in_manifest(folder: Path) -> str:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return bytes.fromhex(manifest["sha256"]).hex()[:_ID_LENGTH]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableNetwork(f"{folder / MANIFEST_FILE} names no network: {error}") from error


@lru_cache(maxsize=1)
def _read(folder: Path, installed: str) -> EmbeddingNetwork | None:
    """Read the folder; `installed` is part of the call so that a network that replaces it is read too."""
    try:
        return EmbeddingNetwork(folder)
    except Exception as error:  # noqa: BLE001 the runtime raises anything on a damaged file; covers do without
        log.error("picture_network_unusable", folder=str(folder), reason=f"{type(error).__name__}: {error}")
        return None


def nearest_covers(
    embedding: NDArray[np.int8], others: Sequence[NDArray[np.int8]], *, at_most: int = 5
) -> list[tuple[int, float]]:
    """Return the rows of the most similar of `others`, most similar first, each with its cosine, -1 to 1.

    All come from the same network (`CoverMeasures.network`). A zero embedding is similar to nothing.

    >>> nearest_covers(np.array([3, 4], dtype=np.int8), [np.array(v, dtype=np.int8) for v in ([4, -3], [6, 8])])
    [(1, 1.0), (0, 0.0)]
    """
    if not len(others):
        return []
    rows = np.stack(others).astype(np.float64)
    own = embedding.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(own)
    cosines = np.where(lengths > 0, rows @ own / np.maximum(lengths, 1e-9), 0.0)
    order = np.argsort(-cosines, kind="stable")[:at_most]
    return [(int(row), round(float(cosines[row]), 6)) for row in order]
