"""Stages of the request that is being answered: code names what it does, and the time is recorded with the request.

    with stage("caption"):
        measures = measure_caption(text)

    note(model_version=version, inference=0.002)

Outside of a request both do nothing. A stage costs less than a microsecond.
"""

from contextvars import ContextVar, Token
from time import perf_counter
from types import TracebackType

STAGES = ("authentication", "account", "caption", "inference", "database")
"""Of a request, beside its total; each is a column of `telemetry.RequestRecord`."""


class Measured:
    """Seconds by stage of one request, and the number of the model version that answered."""

    __slots__ = ("model_version", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.model_version: int | None = None


_measured: ContextVar[Measured | None] = ContextVar("measured_request", default=None)


def begin() -> tuple[Measured, Token[Measured | None]]:
    """Begin to measure a request in this context; return its stages and what `end` takes."""
    measured = Measured()
    return measured, _measured.set(measured)


def end(token: Token[Measured | None]) -> None:
    """End what `begin` began."""
    _measured.reset(token)


def note(*, model_version: int | None = None, **seconds: float) -> None:
    """Add seconds to stages of the request, and name the model version that served it.

    Raise ValueError for a stage that is none of STAGES, which would have no column.
    """
    measured = _measured.get()
    if measured is None:
        return
    if model_version is not None:
        measured.model_version = model_version
    for name, duration in seconds.items():
        _add(measured, name, duration)


class stage:  # noqa: N801 - reads as a statement
    """A context manager that adds the time within to a stage of the request."""

    __slots__ = ("_name", "_started")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        measured = _measured.get()
        if measured is not None:
            _add(measured, self._name, perf_counter() - self._started)


def _add(measured: Measured, name: str, duration: float) -> None:
    if name not in STAGES:
        raise ValueError(f"There is no stage {name!r}; expected one of {', '.join(STAGES)}.")
    measured.seconds[name] = measured.seconds.get(name, 0.0) + duration
