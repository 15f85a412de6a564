"""Messages in the queue that hold primary keys of a subject's rows.

Apps declare which row a task's argument is the primary key of (`Messages`).
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings

from privacy.declarations.kinds import Messages, Subject
from privacy.declarations.registry import declared, table_named
from privacy.erasure.search.places import broker_client

Numbers = Mapping[str, list[int]]
"""Task -> primary keys of the rows that its messages must no longer hold."""


@dataclass(frozen=True, slots=True)
class _Message:
    task: str
    id: str
    take_out: Callable[[], Any]


def numbers_of(subject: Subject) -> dict[str, list[int]]:
    """Return the primary keys that messages about the subject can hold; to be called before the rows are deleted."""
    return {
        each.task: list(table_named(each.table).rows_of(subject).order_by("pk").values_list("pk", flat=True))
        for each in declared()
        if isinstance(each, Messages)
    }


def take_out(numbers: Numbers) -> None:
    """Remove the messages from the queue, and from what was delivered to workers, which then drop them."""
    with broker_client() as client:
        messages = list(_about(client, numbers))
        for message in messages:
            message.take_out()
    if messages:
        current_app.control.revoke([message.id for message in messages])


def tasks_with(numbers: Numbers) -> list[str]:
    """Return the tasks of the messages about these rows that wait in the queue."""
    with broker_client() as client:
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
    """Yield every message in the queues, or not acknowledged by its worker, and a function that removes it."""
    prefix = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"])
    for queue in client.scan_iter(f"{prefix}*", _type="list"):
        for raw in client.lrange(queue, 0, -1):
            yield json.loads(raw), partial(client.lrem, queue, 1, raw)
    for tag, raw in client.hgetall(f"{prefix}unacked").items():
        yield json.loads(raw)[0], partial(_remove_unacknowledged, client, prefix, tag)


def _remove_unacknowledged(client: Any, prefix: str, tag: bytes) -> None:
    # otherwise it would be delivered again if its worker died
    client.hdel(f"{prefix}unacked", tag)
    client.zrem(f"{prefix}unacked_index", tag)
