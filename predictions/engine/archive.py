"""One file of arrays and JSON: how models and learned accounts are stored. It holds no pickle.

The file is a compressed safetensors file (https://huggingface.co/docs/safetensors), whose one extra array `head` is
JSON. The same content gives the same bytes.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import load, save

Arrays = dict[str, NDArray[Any]]

_HEAD = "head"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Base of fitted parameters: numbers and tuples of numbers, whose defaults are the prior."""

    def to_json(self) -> dict[str, Any]:
        """Return the parameters for the head of an archive."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_json` returned. Raises KeyError, TypeError or, for other shapes, ValueError."""
        restored, prior = {f.name: _tuples(data[f.name]) for f in fields(cls)}, cls().to_json()
        for name, value in restored.items():
            if np.shape(value) != np.shape(prior[name]):
                raise ValueError(f"{name} has another number of values")
        return cls(**restored)


def _tuples(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_tuples, value))
    return value if isinstance(value, bool) else float(value)


class UnreadableArchive(ValueError):
    """The bytes are no archive, are damaged, or unpack to too much; the message says which."""


def pack(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the bytes of an archive; `head` must be JSON without NaN, and no array may be named "head"."""
    encoded = json.dumps(head, sort_keys=True, allow_nan=False).encode()
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return zlib.compress(save({**tensors, _HEAD: np.frombuffer(encoded, np.uint8)}), level=1)


def arrays_of(name: str, arrays: Arrays) -> Arrays:
    """Return the arrays named `name/...`, without that part of their names."""
    return {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}


def unpack(data: bytes, *, max_bytes: int) -> tuple[dict[str, Any], Arrays]:
    """Return head and arrays. Raises UnreadableArchive, also where it unpacks to more than `max_bytes`."""
    try:
        stream = zlib.decompressobj()
        plain = stream.decompress(data, max_bytes)
        if not stream.eof or stream.unused_data:
            raise UnreadableArchive(
                f"it is cut off, goes on behind its end, or unpacks to more than {max_bytes:,} bytes"
            )
        arrays = load(plain)
        head = json.loads(arrays.pop(_HEAD).tobytes())
    except (zlib.error, safetensors.SafetensorError, KeyError, ValueError) as error:
        raise UnreadableArchive(str(error)) from error
    if not isinstance(head, dict):
        raise UnreadableArchive("its head is no JSON object")
    return head, arrays
