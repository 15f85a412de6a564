"""Messages to workers that hold the numbers of a subject's rows: found in the queue, and taken out of it.

Which task's argument is the number of which row is declared (`privacy.declarations.Messages`).
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings

from privacy.declarations import Messages, Subject, declared, table_named
from privacy.finding import redis_client

Numbers = Mapping[str, list[int]]
"""Task -> the numbers of the rows that it must not be told of any more."""


@dataclass(frozen=True, slots=True)
class _Message:
    task: str
    id: str
    take_out: Callable[[], Any]


def numbers_of(subject: Subject) -> dict[str, list[int]]:
    """What messages about the subject hold; later the rows are gone, and nobody can tell."""
    return {
        each.task: list(table_named(each.table).rows_of(subject).order_by("pk").values_list("pk", flat=True))
        for each in declared()
        if isinstance(each, Messages)
    }


def take_out(numbers: Numbers) -> None:
    """Out of the queue, and out of what was handed to workers: one that holds a message for later drops it."""
    with redis_client() as client:
        found = list(_about(client, numbers))
        for message in found:
            message.take_out()
    if found:
        current_app.control.revoke([message.id for message in found])


def tasks_with(numbers: Numbers) -> list[str]:
    """The tasks that messages about these rows wait for."""
    with redis_client() as client:
        return sorted({message.task for message in _about(client, numbers)})


def _about(client: Any, numbers: Numbers) -> Iterator[_Message]:
    for written, take_out in _waiting(client):
        task = written["headers"].get("task")
        if not numbers.get(task):
            continue
        arguments, named, _ = json.loads(base64.b64decode(written["body"]))
        if {*arguments, *named.values()} & {*numbers[task]}:
            yield _Message(task, written["headers"]["id"], take_out)


def _waiting(client: Any) -> Iterator[tuple[Any, Callable[[], Any]]]:
    """Every message, and how to take it out: those of the queues, and those that workers have not confirmed."""
    prefix = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"])
    for queue in client.scan_iter(f"{prefix}*", _type="list"):
        for raw in client.lrange(queue, 0, -1):
            yield json.loads(raw), partial(client.lrem, queue, 1, raw)
    for tag, raw in client.hgetall(f"{prefix}unacked").items():
        yield json.loads(raw)[0], partial(_forget_unconfirmed, client, prefix, tag)


def _forget_unconfirmed(client: Any, prefix: str, tag: bytes) -> None:
    # what is not there is not handed out again, should its worker die
    client.hdel(f"{prefix}unacked", tag)
    client.zrem(f"{prefix}unacked_index", tag)
