"""The actor of an event, by where the code runs: a request (`privacy.trail.middleware`), a task, or else a command."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import structlog
from celery.signals import task_postrun, task_prerun

from privacy.models import AccessEvent, Through


@dataclass(frozen=True, slots=True)
class Acting:
    """An actor, the way in, and the reason."""

    kind: AccessEvent.Actor
    name: str
    through: Through
    why: str = ""


Actor = Callable[[], Acting]
"""Called when there is something to record: a request's person is not known before they are authenticated."""

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_recorded: ContextVar[frozenset[int]] = ContextVar("recorded", default=frozenset())


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Attribute the events that are recorded within the context to the actor."""
    before, recorded = _actor.set(actor), _recorded.set(frozenset())
    try:
        yield
    finally:
        _actor.reset(before)
        _recorded.reset(recorded)


def current_actor() -> Acting:
    """Return who acts now."""
    return (_actor.get() or _shell)()


def recorded_subjects() -> frozenset[int]:
    """Return the people of whom an event was recorded, and committed, within the context."""
    return _recorded.get()


def add_recorded(subjects: frozenset[int]) -> None:
    """Add people of whom an event was committed."""
    _recorded.set(_recorded.get() | subjects)


def reference() -> str:
    """Return the id of the request or task, as the logs name it."""
    bound = structlog.contextvars.get_contextvars()
    return str(bound.get("task_id") or bound.get("request_id") or "")


def _shell() -> Acting:
    """Return the command that runs outside of requests and tasks, with the machine's user."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    return Acting(AccessEvent.Actor.SHELL, f"{getpass.getuser()}: {command}", Through.SHELL)


_contexts: dict[str, ExitStack] = {}
"""A running task's id -> the contexts that end with it."""


@task_prerun.connect(weak=False)
def _begin_task(task_id: str, task: object, **_: object) -> None:
    """Name the task in events, in the provenance of rows and in log lines."""
    actor = Acting(AccessEvent.Actor.TASK, getattr(task, "name", ""), Through.TASK)
    context = _contexts[task_id] = ExitStack()
    context.enter_context(acting(lambda: actor))
    context.enter_context(structlog.contextvars.bound_contextvars(task_id=task_id))


@task_postrun.connect(weak=False)
def _end_task(task_id: str, **_: object) -> None:
    if context := _contexts.pop(task_id, None):
        context.close()
