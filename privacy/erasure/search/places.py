"""Searching for texts everywhere: in every column of the database, declared or not, and in all of Redis."""

from collections.abc import Collection, Iterator
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from psycopg import sql


def search_database(inside: Collection[str], whole: Collection[str] = ()) -> list[str]:
    """Return `table.column` of every column that has one of the texts: `inside` of its values, or as a `whole` value.

    Columns are read from PostgreSQL's own catalogue.
    """
    return [
        f"{table}.{column}"
        for table, column, kind in _columns()
        if _has_inside(table, column, kind, list(inside)) or _has_whole(table, column, kind, list(whole))
    ]


def search_redis(inside: Collection[str], whole: Collection[str] = ()) -> list[str]:
    """Return `Redis: <first part of the key>` for keys that have one of the texts, in the name or the value."""
    parts, values = [text.encode() for text in inside], {text.encode() for text in whole}
    matches = {
        f"Redis: {key.split(b':', 1)[0].decode(errors='replace')}"
        for client in redis_clients()
        for key in client.scan_iter(count=1_000)
        for held in _values(client, key)
        if held in values or any(part in held for part in parts)
    }
    return sorted(matches)


def redis_clients() -> list[redis.Redis]:
    """Return a client of each Redis: with limits and breakers, the cache, the queues; they may be one and the same."""
    urls = {settings.REDIS_URL, settings.CACHE_REDIS_URL, settings.BROKER_REDIS_URL}
    return [redis.Redis.from_url(url) for url in sorted(urls)]


def broker_client() -> redis.Redis:
    """Return a client of the Redis with the queues."""
    return redis.Redis.from_url(settings.BROKER_REDIS_URL)


TEXTS = ("text", "character varying")
KINDS = (*TEXTS, "json", "jsonb", "ARRAY", "bytea")


def _columns() -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type = ANY(%s) ORDER BY 1, 2",
            [list(KINDS)],
        )
        return list(cursor.fetchall())


def _has_inside(table: str, column: str, kind: str, texts: list[str]) -> bool:
    if kind == "bytea":
        condition = "EXISTS (SELECT FROM unnest(%s::bytea[]) AS sought WHERE position(sought IN {}) > 0)"
        sought: list[Any] = [text.encode() for text in texts]
    else:
        condition, sought = "{}::text LIKE ANY(%s)", [f"%{_escaped(text)}%" for text in texts]
    return bool(texts) and _exists(table, column, condition, sought)


def _has_whole(table: str, column: str, kind: str, texts: list[str]) -> bool:
    if not texts or kind not in (*TEXTS, "ARRAY"):
        return False
    return _exists(table, column, "{} = ANY(%s)" if kind in TEXTS else "{}::text[] && %s", texts)


def _exists(table: str, column: str, condition: str, sought: list[Any]) -> bool:
    where = sql.SQL(condition).format(sql.Identifier(column))
    statement = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {})").format(sql.Identifier(table), where)
    with connection.cursor() as cursor:
        cursor.execute(statement, [sought])
        return bool(cursor.fetchone()[0])


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _values(client: redis.Redis, key: Any) -> Iterator[bytes]:
    """Yield the key's name and its value, of any type."""
    yield key
    kind = client.type(key)
    read: dict[Any, Any] = {
        b"string": lambda: [client.get(key) or b""],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: _flat(client.hgetall(key)),
    }
    if kind in read:
        yield from read[kind]()


def _flat(fields: Any) -> list[bytes]:
    return [*fields.keys(), *fields.values()]
