"""The traces of a subject that an erasure must not leave behind."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import redis

from privacy.declarations.kinds import RedisKeys, Subject, Table
from privacy.declarations.registry import declared
from privacy.erasure.search import messages


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything that is looked for after an erasure."""

    inside: list[str] = field(default_factory=list)
    """Unique texts, looked for inside of longer ones too."""
    whole: list[str] = field(default_factory=list)
    """Unique texts of which there are many, looked for as whole values."""
    names: list[str] = field(default_factory=list)
    """Words that others may use too."""
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Task -> primary keys that its messages must not hold."""
    lost: list[str] = field(default_factory=list)
    """Reasons why something cannot be looked for."""


def traces_of(subject: Subject, tables: Iterable[Table]) -> Traces:
    """Return the traces of the subject, read from its rows in the tables."""
    tables = list(tables)
    inside = values_in(subject, tables, lambda table: table.sought_inside)
    return Traces(
        inside=sorted(inside),
        whole=sorted(values_in(subject, tables, lambda table: table.sought_whole)),
        names=sorted(values_in(subject, tables, lambda table: table.identifying) - inside),
        numbers=messages.numbers_of(subject),
    )


def values_in(subject: Subject, tables: Iterable[Table], columns_of: Callable[[Table], tuple[str, ...]]) -> set[str]:
    """Return the texts in the columns of the subject's rows, empty ones left out."""
    return {
        text
        for table in tables
        if columns_of(table)
        for row in table.rows_of(subject).values_list(*columns_of(table))
        for text in row
        if text
    }


def keys_of(client: redis.Redis, subject: Subject) -> Iterator[tuple[RedisKeys, Any]]:
    """Yield the subject's keys in Redis, with their declarations."""
    for keys in declared():
        if isinstance(keys, RedisKeys) and keys.keys_of is not None:
            for pattern in keys.keys_of(subject):
                for key in client.scan_iter(pattern, count=1_000):
                    yield keys, key
