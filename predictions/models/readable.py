"""An account's learned state in a form that people can read, for copies of their data."""

import base64
import io
import json
import zipfile

import numpy as np
from numpy.typing import NDArray

LEFT_OUT = ("embedding.npy", "tags.npy", "sound.npy")
"""Embeddings and hashes of content: a copy has them with the posts."""


def readable_state(state: bytes) -> dict[str, object]:
    """Return the state's JSON with its arrays as lists; a value that is not finite is None."""
    try:
        with zipfile.ZipFile(io.BytesIO(state)) as archive:
            readable: dict[str, object] = json.loads(archive.read("state.json"))
            for name in archive.namelist():
                if name.endswith(".npy") and name not in LEFT_OUT:
                    array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
                    readable[name.removesuffix(".npy")] = _numbers(array)
    except zipfile.BadZipFile:
        # damaged bytes are the person's too, and must not keep the rest of the copy from them
        return {"damaged": base64.b64encode(state).decode()}
    return readable


def _numbers(array: "NDArray[np.generic]") -> object:
    if array.dtype.kind != "f":
        return array.tolist()
    numbers = np.round(array.astype(float), 6).astype(object)
    numbers[~np.isfinite(array.astype(float))] = None
    return numbers.tolist()
