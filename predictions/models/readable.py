"""An account's learned state in a form that people can read, for copies of their data."""

import base64

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import UnreadableArchive, unpack

LEFT_OUT = ("embedding", "tags", "sound")
"""Embeddings and hashes of content: a copy has them with the posts."""
MAX_BYTES = 64 * 1024 * 1024
"""Bound on the unpacked state, above the engine's own."""


def readable_state(state: bytes) -> dict[str, object]:
    """Return the state's facts with its arrays as lists; a number that is not finite is None."""
    try:
        head, arrays = unpack(state, max_bytes=MAX_BYTES)
    except UnreadableArchive:
        # damaged bytes are the person's too, and must not keep the rest of the copy from them
        return {"damaged": base64.b64encode(state).decode()}
    return {**head, **{name: _numbers(array) for name, array in arrays.items() if name not in LEFT_OUT}}


def _numbers(array: "NDArray[np.generic]") -> object:
    if array.dtype.kind != "f":
        return array.tolist()
    numbers = np.round(array.astype(float), 6).astype(object)
    numbers[~np.isfinite(array.astype(float))] = None
    return numbers.tolist()
