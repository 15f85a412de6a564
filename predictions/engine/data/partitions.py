"""Histories in Parquet files on a disk or in an object store, for trainings that should not hold them in memory.

Each file holds whole accounts, a row each, whose columns follow the engine's own types. Files are encrypted (Parquet
Modular Encryption, AES-256-GCM) with a key that is never stored: where a training dies, what it leaves is unreadable.
`fsspec` opens folders and URLs; `pyarrow` and `fsspec` are imported where they are used, as serving does without them.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from predictions.engine.types import AccountHistory

if TYPE_CHECKING:
    import pyarrow

PARTITION_POSTS = 2_000
"""A file is closed once it has so many posts: about 20 MB while it is written or read."""


@dataclass(frozen=True, slots=True)
class Partitions:
    """A new folder below `place`, an absolute path or a URL that fsspec opens. Delete it after use with `delete`."""

    place: str
    folder: str = field(default_factory=lambda: f"training-{secrets.token_hex(8)}")
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def write(self, histories: Iterable[AccountHistory]) -> Iterator[tuple[str, int, tuple[str, str]]]:
        """Write the histories as they come; yield (account id, posts, (file, account id)) of each one.

        Posts' ids are replaced by their order, which is all that training reads of them.
        """
        rows: list[dict[str, Any]] = []
        number, posts = 0, 0
        for history in histories:
            rows.append(_encode(_with_posts_numbered(history)))
            posts += len(history.posts)
            name = f"{number:06}.parquet"
            yield history.account_id, len(history.posts), (name, history.account_id)
            if posts >= PARTITION_POSTS:
                self._write_file(name, rows)
                rows, number, posts = [], number + 1, 0
        if rows:
            self._write_file(f"{number:06}.parquet", rows)

    def read(self, name: str, accounts: Collection[str]) -> Iterator[AccountHistory]:
        """Yield those of the file's accounts that are named, as they were written."""
        import pyarrow.parquet as pq
        from pyarrow.parquet.encryption import create_decryption_properties

        system, path = self._opened()
        with system.open(f"{path}/{name}", "rb") as file:
            key = create_decryption_properties(self._key_of(name))
            table = pq.read_table(file, decryption_properties=key)
        for row in range(len(table)):
            if table["account_id"][row].as_py() in accounts:
                (values,) = table.slice(row, 1).to_pylist()
                yield _decode(values, AccountHistory)

    def delete(self) -> None:
        """Delete the folder, if there is one."""
        system, path = self._opened()
        if system.exists(path):
            system.rm(path, recursive=True)

    def _write_file(self, name: str, rows: list[dict[str, Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow.parquet.encryption import create_encryption_properties

        system, path = self._opened()
        system.makedirs(path, exist_ok=True)
        table = pa.Table.from_pylist(rows, schema=pa.schema(list(_arrow_type(AccountHistory).fields)))
        with system.open(f"{path}/{name}", "wb") as file:
            pq.write_table(table, file, encryption_properties=create_encryption_properties(self._key_of(name)))

    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(f"{self.place.rstrip('/')}/{self.folder}")
        return system, str(path)

    def _key_of(self, name: str) -> bytes:
        """Return a key of the file's own: AES-GCM wants few messages under one."""
        return hmac.digest(self.key, name.encode(), "sha256")


def _with_posts_numbered(history: AccountHistory) -> AccountHistory:
    in_order = sorted(history.posts, key=lambda p: (p.posted_at, p.post_id))
    return replace(history, posts=tuple(replace(p, post_id=f"{i:08}") for i, p in enumerate(in_order)))


def _encode(value: Any) -> Any:
    """Return dataclasses as dicts of their fields, pairs as dicts, arrays as bytes."""
    if is_dataclass(value):
        return {f.name: _encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any, kind: Any) -> Any:
    """Return the value of a type that `_encode` took apart."""
    if value is None:
        return None
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _decode(value, _known(arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(_decode(item, arguments[0]) for item in value)
        return tuple(kind(item) for item, kind in zip(value, arguments, strict=True))
    if origin is np.ndarray:
        return np.frombuffer(value, dtype=np.int8)
    if is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _decode(value[name], of) for name, of in get_type_hints(kind).items()})
    return value


def _arrow_type(kind: Any) -> "pyarrow.DataType":
    """Return the Parquet column of one of the engine's types, so that a new measure is stored without a word here."""
    import pyarrow as pa

    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _arrow_type(_known(arguments))
    if origin is tuple:
        # a pair, of a moment and a count, as two floats: whole seconds are exact in them
        return pa.list_(_arrow_type(arguments[0] if arguments[-1] is Ellipsis else float))
    if origin is np.ndarray:
        return pa.binary()
    if is_dataclass(kind):
        return pa.struct([(name, _arrow_type(of)) for name, of in get_type_hints(kind).items()])
    return {str: pa.string(), int: pa.int64(), float: pa.float64()}[kind]


def _known(arguments: tuple[Any, ...]) -> Any:
    (kind,) = (kind for kind in arguments if kind is not NoneType)
    return kind
