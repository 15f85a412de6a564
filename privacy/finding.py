"""Looking for texts everywhere: in every column of the database, declared or not, and in all of Redis."""

from collections.abc import Collection, Iterator
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from psycopg import sql

PATTERNS_AT_ONCE = 200


def found_in_database(texts: Collection[str], *, except_tables: Collection[str] = ()) -> list[str]:
    """`table.column` of every column in which one of the texts stands: asked of PostgreSQL's own catalogue."""
    if not texts:
        return []
    return [
        f"{table}.{column}"
        for table, column in _text_columns()
        if table not in except_tables and _holds(table, column, list(texts))
    ]


def found_in_redis(texts: Collection[str]) -> list[str]:
    """`Redis: the key's beginning` of every key that holds one of the texts, in its name or its value."""
    wanted = [text.encode() for text in texts]
    with redis_client() as client:
        found = {
            f"Redis: {key.split(b':', 1)[0].decode(errors='replace')}"
            for key in client.scan_iter(count=1_000)
            for held in _values(client, key)
            if any(text in held for text in wanted)
        }
    return sorted(found)


def redis_client() -> redis.Redis:
    """All of Redis: queues, caches and limits lie in one."""
    return redis.Redis.from_url(settings.REDIS_URL)


def _text_columns() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY') ORDER BY 1, 2"
        )
        return list(cursor.fetchall())


def _holds(table: str, column: str, texts: list[str]) -> bool:
    statement = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {}::text LIKE ANY(%s))").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    with connection.cursor() as cursor:
        for start in range(0, len(texts), PATTERNS_AT_ONCE):
            cursor.execute(statement, [[f"%{_escaped(text)}%" for text in texts[start : start + PATTERNS_AT_ONCE]]])
            if cursor.fetchone()[0]:
                return True
    return False


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _values(client: redis.Redis, key: Any) -> Iterator[bytes]:
    """The key's name and whatever it holds, of any type."""
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
