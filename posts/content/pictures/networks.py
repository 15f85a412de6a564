"""Run small networks with ONNX Runtime, on one thread: a forecast is one of many at a time.

Those for faces are in this folder. Larger ones are not in the repository: `manage.py export_picture_networks` writes
them, each with a manifest, into a folder of the operator's (`PICTURE_NETWORKS_PATH`). Without one, what it measures is
None, and nothing else is missing.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
import structlog
from numpy.typing import NDArray

log = structlog.get_logger(__name__)

Singles = NDArray[np.float32]

ID_LENGTH = 12

_folder: Path | None = None


class UnusableNetwork(ValueError):
    """A file is missing or is not the one that the manifest names; the message says which."""


class Network:
    """A network of one input and one output, read from an ONNX file. Never run it before a fork."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # its arena keeps what the largest picture took; these networks are as fast without
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, values: Singles) -> Singles:
        """Return the network's output for an input of its shape."""
        output: Singles = self._session.run(None, {self._input: values})[0]
        return output


def use_networks_in(folder: str) -> None:
    """Look for networks in this folder from now on; an empty name means that there are none."""
    global _folder
    _folder = Path(folder) if folder else None


def installed_id(name: str) -> str:
    """Return the id of the folder's network of this name, by its manifest alone; empty without one.

    The id is the beginning of the file's SHA-256 and tells it from others, as answers of two cannot be compared.
    """
    if _folder is None:
        return ""
    try:
        return _id_in_manifest(_folder, name)
    except UnusableNetwork:
        return ""


def installed(name: str) -> Network | None:
    """Return the folder's network of this name, read once; None if there is none, or if it cannot be used."""
    found = installed_id(name)
    return _read(_folder, name, found) if _folder is not None and found else None


def read_network(folder: Path, name: str) -> Network:
    """Read a network. Raise UnusableNetwork if it or its manifest is missing, or if it is another than that says."""
    path = folder / f"{name}.onnx"
    expected = _id_in_manifest(folder, name)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UnusableNetwork(f"{path} cannot be read: {error}") from error
    if not found.startswith(expected):
        raise UnusableNetwork(f"{path} is not the file that its manifest names: the hash differs.")
    return Network(path)


def _id_in_manifest(folder: Path, name: str) -> str:
    try:
        manifest = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return bytes.fromhex(manifest["sha256"]).hex()[:ID_LENGTH]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableNetwork(f"{folder / name}.json names no network: {error}") from error


@lru_cache(maxsize=3)
def _read(folder: Path, name: str, found: str) -> Network | None:
    """Read a network; `found`, its id, is part of the call so that one that replaces it is read too."""
    try:
        return read_network(folder, name)
    except Exception as error:  # noqa: BLE001 the runtime raises anything on a damaged file; covers do without
        log.error("picture_network_unusable", network=name, id=found, reason=f"{type(error).__name__}: {error}")
        return None
