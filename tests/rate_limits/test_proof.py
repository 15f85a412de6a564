"""Many clients at once over HTTP, against several processes: exactly the limit passes, also where Redis dies."""

import math
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from accounts.staff.tries import FREE_BY_NAME
from accounts.tokens.services import create_api_token
from deploy.local.servers import free_port, wait_for_port
from tests.factories import StaffFactory, TikTokAccountFactory
from tests.prove import SEED, scaled

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 3
CLIENTS = 16
PEOPLE = 4
LIMIT = 30
DRAFT = {"post": {"text": "Sunset at the pier #sunset"}, "suggest": False}


@contextmanager
def server(folder: Path, processes: int = PROCESSES) -> Iterator[str]:
    """The address of a service of several processes, with the tests' database and this test's Redis."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn_conf.py", "--bind", f"127.0.0.1:{port}"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
        "REDIS_URL": settings.REDIS_URL,
        "ERASURE_LEDGER_PATH": str(folder / "erasures.jsonl"),
        "WEB_CONCURRENCY": str(processes),
        "RATE_LIMIT_PREDICT": f"{LIMIT}/hour",
        "RATE_LIMIT_USER": "100000/min",
        "RATE_LIMIT_PAGE": "100000/min",
        "RATE_LIMIT_PASSWORD": "100000/min",
    }
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "config.wsgi"], cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log
        )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def ask(url: str, tokens: list[str], midway: Callable[[], None] = lambda: None) -> dict[str, Counter[int]]:
    """Have every token asked for three times its limit, mixed, by all clients at once; {token: answers by status}."""
    calls = tokens * scaled(3 * LIMIT)
    random.Random(SEED).shuffle(calls)
    half, lock = len(calls) // 2, threading.Lock()
    statuses = {token: Counter[int]() for token in tokens}

    def client() -> None:
        with requests.Session() as session:
            while True:
                with lock:
                    if not calls:
                        return
                    token = calls.pop()
                    if len(calls) == half:
                        midway()
                answer = session.post(
                    f"{url}/api/v1/predict", json=DRAFT, headers={"Authorization": f"Bearer {token}"}, timeout=60
                )
                with lock:
                    statuses[token][answer.status_code] += 1

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def tokens_of_people() -> list[str]:
    return [create_api_token(user=TikTokAccountFactory().user, name="client")[1] for _ in range(PEOPLE)]


def test_exactly_the_limit_passes(own_redis, tmp_path: Path, record_property: Any) -> None:
    tokens = tokens_of_people()
    with server(tmp_path) as url:
        began = time.monotonic()
        statuses = ask(url, tokens)
        took = time.monotonic() - began
    passed = [each[200] for each in statuses.values()]
    record_property("requests", sum(each.total() for each in statuses.values()))
    record_property("passed of each person's limit", ", ".join(f"{count} of {LIMIT}" for count in passed))
    record_property("requests a second", round(sum(each.total() for each in statuses.values()) / took))
    assert passed == [LIMIT] * PEOPLE
    assert {status for each in statuses.values() for status in each} == {200, 429}


def test_a_redis_that_dies_is_no_error(own_redis, tmp_path: Path, record_property: Any) -> None:
    tokens = tokens_of_people()
    with server(tmp_path) as url:
        statuses = ask(url, tokens, midway=own_redis.kill)
    passed = [each[200] for each in statuses.values()]
    record_property("answers", dict(sum(statuses.values(), Counter[int]())))
    record_property("passed of each person's limit", ", ".join(f"{count} of {LIMIT}" for count in passed))
    assert {status for each in statuses.values() for status in each} == {200, 429}
    assert all(LIMIT <= count <= LIMIT * PROCESSES for count in passed)


def test_four_loops_of_wrong_passwords_slow_nobody(own_redis, tmp_path: Path, record_property: Any) -> None:
    """Each hash takes a good part of a second: unlimited, four loops would take both processes from everybody."""
    StaffFactory(username="sam", password=PBKDF2PasswordHasher().encode("a right password", "salt"))
    over = threading.Event()
    answers: Counter[int] = Counter()

    def guess(url: str) -> None:
        with requests.Session() as session:
            session.get(f"{url}/admin/login/", timeout=60)
            while not over.is_set():
                form = {"username": "sam", "password": "wrong", "csrfmiddlewaretoken": session.cookies["csrftoken"]}
                answers[session.post(f"{url}/admin/login/", form, timeout=60).status_code] += 1

    with server(tmp_path, processes=2) as url:
        before = healthz(url)
        threads = [threading.Thread(target=guess, args=(url,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        during = healthz(url)
        over.set()
        for thread in threads:
            thread.join()
    record_property("healthz before, p50 and p95 in ms", before)
    record_property("healthz during, p50 and p95 in ms", during)
    record_property("answers to wrong passwords", dict(answers))
    assert set(answers) == {200, 429}
    # the free ones and the next; then k more take pauses of 1 + 2 + 4 + ... = 2^k - 1 seconds
    assert answers[200] <= FREE_BY_NAME + 1 + math.log2(time.monotonic() - began + 1)


def healthz(url: str) -> tuple[int, int]:
    """(p50, p95) in ms of a hundred calls in about ten seconds."""
    times = []
    for _ in range(100):
        began = time.perf_counter()
        requests.get(f"{url}/healthz", timeout=60).raise_for_status()
        times.append((time.perf_counter() - began) * 1_000)
        time.sleep(max(0.0, 0.1 - times[-1] / 1_000))
    return round(statistics.median(times)), round(statistics.quantiles(times, n=20)[-1])
