"""CPU time, queries, bytes and memory of a forecast and of what an account needs, for `manage.py costs`.

    python -m tests.bench.costs > telemetry/costs/measurement-2026-11.json

CPU seconds are of the web server or worker, of PostgreSQL and of Redis, user and system, from /proc; they say more than
the clock where others use the machine. One account of 200 posts, one after the other.
"""

import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from deploy.local.postgres import start_postgres
from deploy.local.servers import free_port, start_redis, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
POSTS = 200
ROUNDS = 200
FEW_ROUNDS = 10
MANY_ROUNDS = 100
"""Of work that stores little: tables grow by pages of 8 KiB."""
TEXT = "Sunset at the pier #sunset"
KIB = 1024
STATEMENTS = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
WRITES = re.compile(r"(INSERT|UPDATE|DELETE)\b|WITH\b.*\bINSERT INTO\b", re.DOTALL)
"""Beginnings of statements that write; what stores a forecast begins with what it asks first."""


@dataclass(frozen=True, slots=True)
class Databases:
    """Process ids of the databases' parents."""

    postgres: int
    redis: int


def main() -> None:
    """Print the measurement as JSON."""
    with tempfile.TemporaryDirectory(prefix="postcast-costs-") as name, contextlib.ExitStack() as ending:
        print(json.dumps(_measure(Path(name), ending), indent=2))


def _measure(folder: Path, ending: contextlib.ExitStack) -> dict[str, Any]:
    redis, redis_url = start_redis(folder / "redis")
    ending.callback(redis.kill)
    postgres = start_postgres(folder / "postgres", "postcast")
    ending.callback(postgres.stop)
    databases = Databases(postgres.process.pid, redis.pid)
    os.environ |= {
        "REDIS_URL": redis_url,
        "DATABASE_URL": postgres.url,
        "ERASURE_LEDGER_PATH": str(folder / "erasures.jsonl"),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    account, token = _account()
    background = _background(databases, ending)
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}",
        "posts": POSTS,
        "start": _start(account.public_id, token),
        **_web(folder, databases, account.public_id, token, ending),
        "learning": _of_worker(databases, lambda: _learn(account), FEW_ROUNDS),
        **background,
    }


def _account() -> tuple[Any, str]:
    """Store a champion and an account that has learned from its posts; return it and a token."""
    from django.utils import timezone

    from accounts.tokens.services import create_api_token
    from predictions.engine import train
    from predictions.learning.services import update_weights
    from predictions.versions.services import register
    from tests.factories import TikTokAccountFactory, history_of_posts
    from tests.predictions.histories import synthetic_histories

    now = timezone.now()
    until = int(now.timestamp())
    register(model=train(synthetic_histories(60, 40, until=until), until=until), metrics={}, promote=True)
    account = TikTokAccountFactory()
    history_of_posts(account, count=POSTS, until=now)
    update_weights(account_id=account.pk)
    return account, create_api_token(user=account.user, name="costs")[1]


def _web(
    folder: Path, databases: Databases, account_id: str, token: str, ending: contextlib.ExitStack
) -> dict[str, dict[str, float]]:
    """Return the figures of forecasts through gunicorn with one worker, and its memory."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn_conf.py", "--bind", f"127.0.0.1:{port}"]
    with (folder / "gunicorn.log").open("wb") as log:
        environment = {**os.environ, "WEB_CONCURRENCY": "1"}
        server = subprocess.Popen([*command, "config.wsgi"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    ending.callback(server.wait, 30)
    ending.callback(server.terminate)
    wait_for_port(port, server)
    url, headers = f"http://127.0.0.1:{port}/api/v1/predict", {"Authorization": f"Bearer {token}"}
    body = {"account_id": account_id, "post": {"text": TEXT, "duration_s": 20}}
    sent = 0
    for number in range(2 * ROUNDS):
        if number == ROUNDS:
            stored, sent = _stored(), 0
            before = [_cpu_s(pid) for pid in (server.pid, databases.postgres, databases.redis)]
        answer = requests.post(url, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        sent += len(answer.content) + sum(len(key) + len(value) + 4 for key, value in answer.headers.items())
    after = [_cpu_s(pid) for pid in (server.pid, databases.postgres, databases.redis)]
    service, database, cache = ((ended - began) / ROUNDS for began, ended in zip(before, after, strict=True))
    forecast = {
        **_queries(lambda: _forecast_in_process(body, headers)),
        "cpu_s": round(service, 5),
        "database_cpu_s": round(database, 5),
        "cache_cpu_s": round(cache, 5),
        "stored_bytes": round((_stored() - stored) / ROUNDS),
        "sent_bytes": round(sent / ROUNDS),
        "log_bytes": round((folder / "gunicorn.log").stat().st_size / (2 * ROUNDS)),
    }
    return {"forecast": forecast, "memory": _memory(server.pid)}


def _forecast_in_process(body: dict[str, Any], headers: dict[str, str]) -> None:
    from django.test import Client

    answer = Client(HTTP_HOST="127.0.0.1").post(
        "/api/v1/predict", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200, answer.content


def _background(databases: Databases, ending: contextlib.ExitStack) -> dict[str, dict[str, float]]:
    """Return the figures of fetching a creator of the sandbox: all posts, a look for new ones, a post's counts."""
    from django.conf import settings
    from django.utils import timezone

    from posts.ingest.refreshing import run_refresh
    from posts.ingest.schedule import discover_posts, observe_account
    from posts.ingest.services import request_refresh
    from posts.models import Post, Refresh
    from tests.sandbox.client import SandboxProcess

    sandbox = ending.enter_context(SandboxProcess())
    settings.TIKTOK_AUTHORIZE_URL, settings.TIKTOK_API_URL = sandbox.authorize_url, sandbox.api_url
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = sandbox.client_key, sandbox.client_secret
    handle = min(sandbox.control.creators(), key=lambda row: abs(row["posts"] - POSTS))["handle"]
    account = _connected(sandbox, handle)

    def refresh() -> None:
        Refresh.objects.filter(account=account).delete()
        run_refresh(refresh_id=request_refresh(account_id=account.pk).pk)

    first = _of_worker(databases, refresh, 1)
    due = iter(Post.objects.filter(account=account, deleted_at=None).order_by("-posted_at"))

    def observe() -> None:
        Post.objects.filter(pk=next(due).pk).update(posted_at=timezone.now() - timedelta(hours=1, minutes=2))
        observe_account(account_id=account.pk)

    return {
        "first_refresh": {**first, "posts": Post.objects.filter(account=account).count()},
        "refresh": _of_worker(databases, refresh, FEW_ROUNDS),
        "look": _of_worker(databases, lambda: discover_posts(account_id=account.pk), MANY_ROUNDS),
        "observation": _of_worker(databases, observe, MANY_ROUNDS),
    }


def _connected(sandbox: Any, handle: str) -> Any:
    from django.utils import timezone

    from accounts.linked.services import connect_account
    from accounts.tiktok import client
    from tests.factories import UserFactory
    from tests.sandbox.client import consent

    redirect_uri = "http://127.0.0.1:8000/callback/"
    question = {
        "client_key": sandbox.client_key,
        "response_type": "code",
        "scope": ",".join(client.SCOPES),
        "redirect_uri": redirect_uri,
        "state": "state",
    }
    with requests.Session() as session:
        answer = consent(session, f"{sandbox.authorize_url}?{urlencode(question)}", handle, ())
    grant = client.exchange_code(code=parse_qs(urlsplit(answer).query)["code"][0], redirect_uri=redirect_uri)
    return connect_account(user=UserFactory(), grant=grant, now=timezone.now())


def _learn(account: Any) -> None:
    from posts.models import PostsChange
    from predictions.learning.services import update_weights

    change = PostsChange.objects.get(account=account)
    change.sequence += 1
    change.save()
    assert update_weights(account_id=account.pk)


def _of_worker(databases: Databases, work: Callable[[], object], rounds: int) -> dict[str, float]:
    """Return the figures of work in this process, as a worker does it, each time."""
    parents = (databases.postgres, databases.redis)
    stored = _stored()
    before, used = [_cpu_s(pid) for pid in parents], time.process_time()
    queries = _queries(lambda: [work() for _ in range(rounds)])
    service = (time.process_time() - used) / rounds
    database, cache = ((_cpu_s(pid) - began) / rounds for pid, began in zip(parents, before, strict=True))
    return {
        **{kind: round(count / rounds) for kind, count in queries.items()},
        "cpu_s": round(service, 5),
        "database_cpu_s": round(database, 5),
        "cache_cpu_s": round(cache, 5),
        "stored_bytes": max(0, round((_stored() - stored) / rounds)),
    }


def _queries(work: Callable[[], object]) -> dict[str, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        work()
    statements = [sql for query in captured if (sql := query["sql"].lstrip().upper()).startswith(STATEMENTS)]
    writes = sum(bool(WRITES.match(each)) for each in statements)
    return {"reads": len(statements) - writes, "writes": writes}


def _start(account_id: str, token: str) -> dict[str, float]:
    """Return CPU and wall seconds of a new process until it has loaded the service, the models, and answered."""
    command = [sys.executable, "-m", "tests.bench.costs", "start", account_id, token]
    runs = [json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout) for _ in range(3)]
    return {name: round(sorted(run[name] for run in runs)[1], 3) for name in runs[0]}


def _start_here(account_id: str, token: str) -> None:
    """Start as a function in a cloud does, in this process, and print the CPU seconds of each stage."""
    import django

    django.setup()
    from django.urls import get_resolver

    from deploy.gunicorn_conf import when_ready

    get_resolver().url_patterns  # noqa: B018 - loads every view
    loaded = time.process_time()
    when_ready(None)
    models = time.process_time()
    _forecast_in_process(
        {"account_id": account_id, "post": {"text": TEXT, "duration_s": 20}}, {"Authorization": f"Bearer {token}"}
    )
    answered = time.process_time()
    print(json.dumps({"process_s": loaded, "models_s": models - loaded, "first_answer_s": answered - models}))


def _stored() -> int:
    """Return the bytes of tables and indexes, without the space of rows that were replaced: it is used again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL")
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _cpu_s(parent: int) -> float:
    """Return the CPU seconds of a process, of its ended children, and of those that run."""
    return sum(_own_cpu_s(pid) for pid in _tree(parent))


def _tree(parent: int) -> Iterator[int]:
    yield parent
    with contextlib.suppress(FileNotFoundError):
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _own_cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _memory(master: int) -> dict[str, float]:
    """Return the MiB of the server: of all its processes (shared pages once), and what one worker has for itself."""
    rows = [_rollup(pid) for pid in _tree(master)]
    return {
        "server_mib": round(sum(row["Pss"] for row in rows) / KIB),
        "worker_own_mib": round((rows[-1]["Private_Clean"] + rows[-1]["Private_Dirty"]) / KIB),
    }


def _rollup(pid: int) -> dict[str, int]:
    """Return the process's memory in KiB by kind."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name.rstrip(":"): int(size) for name, size, _ in (line.split() for line in lines)}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    if sys.argv[1:2] == ["start"]:
        _start_here(*sys.argv[2:])
    else:
        main()
