"""Tasks that failed for good: recording them, and trying them again when staff ask for it."""

import re
from collections.abc import Mapping, Sequence
from traceback import extract_tb
from typing import Any

import structlog
from celery import current_app
from django.db import DatabaseError, transaction
from django.utils import timezone

from telemetry.models import FailedTask

log = structlog.get_logger(__name__)

IDENTIFIER = re.compile(r"[\w.:-]{1,64}")
LEFT_OUT = "…"
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|“[^”]*”|‘[^’]*’|`[^`]*`|\([^)]*\)|\S*[@/]\S*|\S*\d{5,}\S*|\S{41,}""")


def record_failure(
    *,
    task_id: str,
    task: str,
    queue: str,
    arguments: Sequence[Any],
    named_arguments: Mapping[str, Any],
    error: BaseException,
    tries: int,
) -> None:
    """Keep the task for staff to look at; where even that fails, the log has it. Idempotent."""
    where = extract_tb(error.__traceback__)
    place = f"{where[-1].filename.rpartition('/')[2]}:{where[-1].lineno} {where[-1].name}" if where else ""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    log.error("task_failed_for_good", task=task, task_id=task_id, error=kind, place=place, tries=tries)
    try:
        FailedTask.objects.get_or_create(
            task_id=task_id,
            tries=tries,
            defaults={
                "task": task,
                "queue": queue,
                "arguments": [_plain(value) for value in arguments],
                "named_arguments": {name: _plain(value) for name, value in named_arguments.items()},
                "error": kind[:200],
                "message": without_quotes(error),
                "place": place[:200],
            },
        )
    except DatabaseError as unwritable:
        log.error("failure_not_recorded", task=task, task_id=task_id, error=type(unwritable).__name__)


def without_quotes(error: BaseException) -> str:
    """Return the error's first line without what it quotes, addresses, long numbers and long words: people's data."""
    lines = str(error).strip().splitlines()
    return _QUOTED.sub(LEFT_OUT, lines[0])[:300] if lines else ""


@transaction.atomic
def retry(failures: Sequence[int]) -> int:
    """Send the open ones of these tasks again; return how many. Raise OperationalError of kombu if none can be sent."""
    chosen = FailedTask.objects.select_for_update().filter(pk__in=failures, state=FailedTask.State.OPEN)
    rows = list(chosen.order_by("pk"))
    for failed in rows:
        _settle(failed, FailedTask.State.RETRIED)
        current_app.send_task(failed.task, failed.arguments, failed.named_arguments)
    return len(rows)


@transaction.atomic
def drop(failures: Sequence[int]) -> int:
    """Mark the open ones of these tasks as not to be tried again; return how many."""
    chosen = FailedTask.objects.filter(pk__in=failures, state=FailedTask.State.OPEN)
    return chosen.update(state=FailedTask.State.DROPPED, settled_at=timezone.now())


def _settle(failed: FailedTask, state: FailedTask.State) -> None:
    failed.state, failed.settled_at = state, timezone.now()
    failed.save(update_fields=["state", "settled_at"])


def _plain(value: Any) -> Any:
    """Return numbers and identifiers as they are, and nothing of any text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else LEFT_OUT
