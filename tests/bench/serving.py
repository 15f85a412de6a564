"""How long a forecast takes.

The same draft is forecast in five ways, one after the other in every round, so that a busy machine slows all alike:
the baseline alone, the engine alone, the service (query, forecast, insert and event in one transaction), the service
without the event of the access trail, and the whole way over HTTP through gunicorn.
"""

import atexit
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import requests

from deploy.local.postgres import start_postgres
from deploy.local.servers import free_port, start_redis, wait_for_port

ROOT = Path(__file__).resolve().parent.parent.parent
POSTS = 200
WARM_UP = 20
PERCENTILES = (50, 95, 99)
Figures = dict[str, dict[str, float]]


def measure(rounds: int) -> Figures:
    """{way: {p50: ms, p95: ms, p99: ms}}"""
    folder = Path(tempfile.mkdtemp(prefix="postcast-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _start_django(folder)
    return _measure(_prepare(folder), rounds)


def _start_django(folder: Path) -> None:
    redis, redis_url = start_redis(folder / "redis")
    atexit.register(redis.kill)
    postgres = start_postgres(folder / "postgres", "postcast")
    atexit.register(postgres.stop)
    os.environ |= {
        "REDIS_URL": redis_url,
        "DATABASE_URL": postgres.url,
        "ERASURE_LEDGER_PATH": str(folder / "erasures.jsonl"),
        # like production's, but for the throttle: the rates of the tests let a benchmark through
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _prepare(folder: Path) -> dict[str, Callable[[], Any]]:
    """A trained champion, an account with its history, a server; the ways to a forecast of the same draft."""
    from django.utils import timezone

    from accounts.tokens.services import create_api_token
    from posts.content.captions import measure_caption
    from predictions.engine import Draft, LearnedAccount, forecast, train
    from predictions.engine.forecasting import BASELINE_POSTS
    from predictions.learning import services
    from predictions.versions.services import register
    from tests.factories import TikTokAccountFactory, history_of_posts
    from tests.predictions.histories import synthetic_histories

    now = timezone.now()
    moment = int(now.timestamp())
    model = train(synthetic_histories(60, 40, until=moment), until=moment)
    register(model=model, metrics={}, promote=True)
    account = TikTokAccountFactory()
    history_of_posts(account, count=POSTS, until=now)
    assert services.update_weights(account_id=account.pk)
    account.refresh_from_db()
    state = LearnedAccount.from_bytes(bytes(account.weights.state))
    draft = Draft(moment + 3600, measure_caption("Sunset at the pier #sunset"), 20.0, "", None)
    _, token = create_api_token(user=account.user, name="bench")
    url = _start_server(folder)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"account_id": account.public_id, "post": {"text": "Sunset at the pier #sunset", "duration_s": 20}}

    def over_http() -> None:
        response = requests.post(f"{url}/api/v1/predict", json=body, headers=headers, timeout=30)
        assert response.status_code == 200, response.text
        assert response.json()["basis"] == "account"

    return {
        "baseline alone": lambda: np.expm1(state.history.known_at(moment).likes[-BASELINE_POSTS:]).mean(),
        "engine alone": lambda: forecast(model, state, draft, as_of=moment),
        **with_and_without_trail(account),
        "over HTTP": over_http,
    }


def with_and_without_trail(account: Any) -> dict[str, Callable[[], Any]]:
    """The service as it is, and as it would be if a forecast wrote no event."""
    from tests.predictions.drafts import predict

    def nothing(**_: object) -> None:
        """In the place of what writes the event."""

    def without_trail() -> None:
        # a plain function: making a mock takes about as long as what is measured
        with mock.patch("predictions.forecasts.services.record", nothing):
            predict(account)

    return {"service": lambda: predict(account), "service without the trail": without_trail}


def _start_server(folder: Path) -> str:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn_conf.py", "--bind", f"127.0.0.1:{port}"]
    with (folder / "gunicorn.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "config.wsgi"],
            cwd=ROOT,
            env={**os.environ, "WEB_CONCURRENCY": "1"},
            stdout=log,
            stderr=log,
        )
    atexit.register(server.wait, 10)
    atexit.register(server.terminate)
    wait_for_port(port, server)
    return f"http://127.0.0.1:{port}"


def _measure(ways: dict[str, Callable[[], Any]], rounds: int) -> Figures:
    return {
        name: {f"p{p}": round(float(np.percentile(times, p)), 3) for p in PERCENTILES}
        for name, times in time_in_turn(ways, rounds).items()
    }


def time_in_turn(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """How long each took in each round, ms; in an order drawn anew, as the one before leaves caches warm or cold."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    dice = random.Random(0)
    for number in range(WARM_UP + rounds):
        for name, way in dice.sample(list(ways.items()), len(ways)):
            started = time.perf_counter()
            way()
            if number >= WARM_UP:
                taken[name].append((time.perf_counter() - started) * 1000)
    return taken
