"""What else Postcast does for an account, in this process: a refresh, learning, a forecast, an erasure.

CPU seconds are those of this process and of PostgreSQL together; the local TikTok's are not among them.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import requests as http

from tests.bench import machine
from tests.bench.people import Person
from tests.bench.stack import Stack
from tests.sandbox.client import Control, consent

POSTS = 500
LEARNINGS = 3
CALLBACK = "http://127.0.0.1:8000/callback/"
WRITES = ("INSERT", "UPDATE", "DELETE")
UNCOUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def measure(stack: Stack, people: list[Person]) -> dict[str, dict[str, float]]:
    """Return {work: {seconds, cpu_s, reads, writes, bytes}} of an account of 500 posts; see `tests.bench.report`."""
    rows: dict[str, dict[str, float]] = {}
    account = _connected_creator(stack)
    with _counted(stack) as rows["refresh"]:
        posts = _refresh(account)
    rows["refresh"]["posts"] = posts
    for _ in range(LEARNINGS):
        with _counted(stack) as row:
            _learn(account)
        rows["learning"] = min(rows.get("learning", row), row, key=lambda each: each["cpu_s"])
    rows["learning"]["posts"] = posts
    rows["forecast"] = _forecast(stack, people[-1])
    with _counted(stack) as rows["erasure"]:
        _erase(account)
    rows["erasure"]["posts"] = posts
    return rows


@contextmanager
def _counted(stack: Stack) -> Iterator[dict[str, float]]:
    """Fill the row with what the block took: time, CPU, statements, and bytes of PostgreSQL's write-ahead log."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    roots = [os.getpid(), *stack.roots("postgres")]
    row: dict[str, float] = {}
    wal, used, began = _wal_bytes(), _own_cpu_s(roots), time.perf_counter()
    with CaptureQueriesContext(connection) as captured:
        yield row
    statements = [sql for query in captured if not (sql := query["sql"].lstrip()).startswith(UNCOUNTED)]
    row |= {
        "seconds": round(time.perf_counter() - began, 3),
        "cpu_s": round(_own_cpu_s(roots) - used, 3),
        "reads": sum(not each.startswith(WRITES) for each in statements),
        "writes": sum(each.startswith(WRITES) for each in statements),
        "bytes": _wal_bytes() - wal,
    }


def _own_cpu_s(roots: list[int]) -> float:
    """Return the CPU seconds of this process alone, without its children, and of the other trees."""
    return time.process_time() + machine.cpu_s(roots[1:])


def _wal_bytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def stored_bytes_per_account(accounts: int) -> float:
    """Return the database's size by account, of 142 posts in the mean, before anything is forecast."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return float(cursor.fetchone()[0]) / accounts


def _connected_creator(stack: Stack) -> Any:
    """Connect the local TikTok's creator with the most posts, who publishes until there are enough."""
    from django.conf import settings
    from django.utils import timezone

    from accounts.linked.services import connect_account
    from accounts.tiktok import client
    from tests.factories import UserFactory

    control = Control(settings.TIKTOK_API_URL)
    creator = max(control.creators(), key=lambda row: int(row["posts"]))
    for number in range(POSTS - int(creator["posts"])):
        control.publish(creator["handle"], caption=f"Sunset {number} at the pier #sunset")
    question = {
        "client_key": settings.TIKTOK_CLIENT_KEY, "response_type": "code", "scope": ",".join(client.SCOPES),
        "redirect_uri": CALLBACK, "state": "state",
    }  # fmt: skip
    with http.Session() as session:
        answer = consent(session, f"{settings.TIKTOK_AUTHORIZE_URL}?{urlencode(question)}", creator["handle"])
    grant = client.exchange_code(code=parse_qs(urlsplit(answer).query)["code"][0], redirect_uri=CALLBACK)
    # the workers would begin with the account before this process does
    with mock.patch("celery.app.task.Task.apply_async"):
        return connect_account(user=UserFactory(), grant=grant, now=timezone.now())


def _refresh(account: Any) -> int:
    """Run the account's refresh to its end, as worker and beat do; return how many posts are there."""
    from posts.ingest.services import request_refresh
    from posts.models import Refresh
    from tests.posts.states import drive

    with mock.patch("celery.app.task.Task.apply_async"):
        if not Refresh.objects.filter(account=account, state__in=Refresh.ACTIVE).exists():
            request_refresh(account_id=account.pk)
        refresh = drive(account, turns=50)
    assert refresh.state == Refresh.State.DONE, refresh.reason
    return int(account.posts.count())


def _learn(account: Any) -> None:
    from predictions.learning.services import update_weights
    from predictions.models import AccountWeights

    AccountWeights.objects.filter(account=account).update(posts_sequence=0)
    assert update_weights(account_id=account.pk)


def _forecast(stack: Stack, person: Person) -> dict[str, float]:
    """Forecast once through every layer in this process, after a warm-up; the bytes are of the log, as elsewhere."""
    from django.test import Client

    body = {"account_id": person.account_id, "post": {"text": "Sunset at the pier #sunset"}, "suggest": False}
    client = Client(HTTP_HOST="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")

    def ask() -> Any:
        return client.post(
            "/api/v1/predict", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {person.token}"}, secure=True,
        )  # fmt: skip

    for _ in range(3):
        assert ask().status_code == 200
    with _counted(stack) as row:
        answer = ask()
    return row | {"bytes_in": len(json.dumps(body)), "bytes_out": len(answer.content)}


def _erase(account: Any) -> None:
    from privacy.erasure.running import run
    from privacy.erasure.services import request_erasure
    from privacy.models import Erasure, Through

    with mock.patch("celery.app.task.Task.apply_async"):
        erasure = request_erasure(
            user_id=account.user_id, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
        )
        assert run(erasure_pk=erasure.pk)


def engine_alone(people: list[Person]) -> dict[str, float]:
    """Return the CPU ms of a forecast without any layer: its caption measured, the account decoded or not."""
    from django.utils import timezone

    from posts.content.captions import measure_caption
    from predictions.engine import Draft, LearnedAccount, forecast
    from predictions.models import AccountWeights
    from predictions.versions.registry import registry
    from predictions.versions.selectors import champion_id

    moment = int(timezone.now().timestamp())
    model = registry.serving(champion_id()).model
    states = [
        bytes(AccountWeights.objects.get(account__public_id=person.account_id).state)
        for person in sorted(people, key=lambda each: each.posts)[:: max(1, len(people) // 50)]
    ]
    caption = measure_caption("load what measures captions")

    def cpu_ms(work: Any) -> float:
        work(0)
        began = time.process_time()
        for number in range(len(states)):
            work(number)
        return round(1000 * (time.process_time() - began) / len(states), 3)

    learned = [LearnedAccount.from_bytes(state) for state in states]
    draft = Draft(moment + 3600, caption, 20.0, "", None)
    return {
        "cpu_ms_caption": cpu_ms(
            lambda n: measure_caption(f"Sunset {n} at the pier, which would you pick? #sunset{n}")
        ),
        "cpu_ms_decoding": cpu_ms(lambda n: LearnedAccount.from_bytes(states[n])),
        "cpu_ms_forecast": cpu_ms(lambda n: forecast(model, learned[n], draft, as_of=moment)),
        "cpu_ms_explanation": cpu_ms(lambda n: forecast(model, learned[n], draft, as_of=moment, explain=True)),
    }
