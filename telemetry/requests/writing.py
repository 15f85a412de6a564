"""The thread that writes a process's records of requests: into PostgreSQL in batches, and into the metrics.

A server's workers start it after they were forked (`deploy/gunicorn_conf.py`) and stop it before they end, which writes
what waits. A killed worker loses what came within `EVERY_S`. The thread has a connection of its own, which it
closes while nothing is to be written.
"""

import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from redis.exceptions import RedisError

from telemetry.metrics.requests import DROPPED, WRITTEN, observe
from telemetry.models import Endpoint, RequestRecord
from telemetry.requests.pseudonyms import key_of, pseudonym
from telemetry.requests.queue import WAITING, Request
from telemetry.requests.stages import STAGES

log = structlog.get_logger(__name__)

EVERY_S = 2.0
LAST_FLUSH_S = 5.0
"""Time that an ending worker waits for the last batch."""
_COLUMNS = ("at", "endpoint_id", "status", "pseudonym", "model_version", "total", *STAGES)
_LONGEST_US = 2**31 - 1

_stop = threading.Event()
_thread: threading.Thread | None = None


def start() -> None:
    """Begin to keep records in this process, and to write them every few seconds. Once more does nothing."""
    global _thread
    if _thread is not None:
        return
    WAITING.is_open = True
    _thread = threading.Thread(target=_run, name="request-records", daemon=True)
    _thread.start()


def stop() -> None:
    """Write what waits, and end the thread; wait for that at most `LAST_FLUSH_S`."""
    global _thread
    if _thread is None:
        return
    WAITING.is_open = False
    _stop.set()
    _thread.join(LAST_FLUSH_S)
    _thread = None
    _stop.clear()


def flush() -> int:
    """Write the records that wait; return how many. Those that cannot be written now are kept or counted as dropped."""
    requests, dropped = WAITING.take()
    if dropped:
        DROPPED.inc(dropped)
        log.warning("request_records_dropped", count=dropped)
    if not requests:
        return 0
    try:
        _copy(requests)
    except (OperationalError, InterfaceError) as error:
        # away for now: its connection is of no use any more
        connection.close()
        WAITING.put_back(requests)
        log.warning("request_records_wait", count=len(requests), error=type(error).__name__)
        return 0
    except DatabaseError as error:
        # not of this server's being away, e.g. the day has no partition: it would fail again
        DROPPED.inc(len(requests))
        log.error("request_records_refused", count=len(requests), error=type(error).__name__)
    else:
        WRITTEN.inc(len(requests))
    observe(requests)
    return len(requests)


def _run() -> None:
    try:
        while not _stop.wait(EVERY_S):
            _flush_and_go_on()
        _flush_and_go_on()
    finally:
        connection.close()


def _flush_and_go_on() -> None:
    try:
        if not flush():
            connection.close()
    except Exception:
        # whatever it was, the next batch is tried
        log.exception("request_records_failed")


def _copy(requests: Sequence[Request]) -> None:
    columns = ", ".join(_COLUMNS)
    table = RequestRecord._meta.db_table
    # before COPY begins: its connection answers nothing else until it is over
    rows = [_row(request) for request in requests]
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _row(request: Request) -> tuple[object, ...]:
    at = datetime.fromtimestamp(request.at, UTC)
    return (
        at,
        endpoint_id(request.route, request.method),
        request.status,
        _pseudonym(request.user_id, at),
        request.model_version,
        _microseconds(request.total),
        *(_microseconds(request.stages[name]) if name in request.stages else None for name in STAGES),
    )


def _microseconds(seconds: float) -> int:
    return min(max(0, round(seconds * 1e6)), _LONGEST_US)


def _pseudonym(user_id: int | None, at: datetime) -> int | None:
    """Return the person's pseudonym of the day; None for nobody, and while there is no key."""
    if user_id is None:
        return None
    try:
        return pseudonym(user_id, key_of(at.date()))
    except RedisError:
        return None


@cache
def endpoint_id(route: str, method: str) -> int:
    """Return the number of the endpoint; there are as many as the service has routes and methods."""
    return Endpoint.objects.get_or_create(route=route[:300], method=method)[0].pk


def _forget_parents() -> None:
    """Begin without the parent's records and thread, which a fork does not take along."""
    global _thread
    _thread = None
    _stop.clear()
    WAITING.clear()


os.register_at_fork(after_in_child=_forget_parents)
