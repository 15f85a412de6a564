"""Erasure at length: words planted everywhere, and kills at any moment."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from celery import current_app
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.test import Client

from accounts.models import User
from privacy.declarations.registry import subject_of, tables
from privacy.erasure import services as erasing
from privacy.erasure.search.places import search_database, search_redis
from privacy.models import Erasure, PersonalData, Through
from privacy.trail.anchors import drop_anchor
from tests.factories import SUGGESTION
from tests.privacy.erasure.erasures import erase, everything, rows_of
from tests.prove import SEED, scaled

ROOT = Path(__file__).resolve().parents[3]
LONG = len("canary") + 12
"""Letters of a canary."""


def plant_canaries(user: User, dice: random.Random) -> list[str]:
    """A word of its own in every personal text, list, JSON and bytes of every row of the person; the words."""
    words: list[str] = []

    def word() -> str:
        words.append(f"canary{dice.randrange(10**12):012d}")
        return words[-1]

    subject = subject_of(user.pk)
    for table in tables():
        model = apps.get_model(table.model) if table.person else None
        if model is None or not issubclass(model, PersonalData | SocialAccount):
            continue
        columns = [each for each in model._meta.concrete_fields if each.column in table.personal]
        for row in table.rows_of(subject):
            changes = {each.name: planted(each, getattr(row, each.attname), word) for each in columns if takes(each)}
            if changes:
                model._base_manager.filter(pk=row.pk).update(**changes)
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        store["planted"] = word()
        store.save()
    current_app.send_task("privacy.retention.tasks.extend_retention", args=[user.pk, word()])
    return words


def takes(column: models.Field) -> bool:  # type: ignore[type-arg]
    """Whether a word can stand in it. What is sealed, or is a key, has to be read by what is proven here."""
    if isinstance(column, ArrayField):
        return takes(column.base_field)
    if column.name in ("provider", "key") or column.name.startswith("sealed") or column.choices:
        return False
    if isinstance(column, models.CharField | models.TextField):
        return (column.max_length or LONG) >= LONG
    return isinstance(column, models.JSONField | models.BinaryField)


def planted(column: models.Field, value: Any, word: Callable[[], str]) -> Any:  # type: ignore[type-arg]
    """The value with a word in it."""
    if isinstance(column, ArrayField):
        return [*(value or []), word()]
    if column.name == "explanation":
        # of a shape that the API reads while the canaries are there
        return [*(value or []), {"feature": word(), "effect_pct": 1.0}]
    if column.name == "suggestions":
        return [*(value or []), {**SUGGESTION, "basis": word()}]
    if column.name == "combination":
        return {**SUGGESTION, "features": [word()]}
    if column.name == "viralscore":
        component: dict[str, Any] = {"value": None, "evidence": "heuristic", "checklist": [], "validation": None}
        return {"value": None, "reason": "no_model", "components": {word(): component}}
    if column.name == "themes":
        return [*(value or []), {"words": [word()], "is_question": False, "language": "", "comments": 3}]
    if isinstance(column, models.JSONField):
        return [*value, {"planted": word()}] if isinstance(value, list) else {**(value or {}), "planted": word()}
    return word().encode() if isinstance(column, models.BinaryField) else word()


def dump() -> str:
    """Every row of every table, as text; bytes as PostgreSQL writes them, in hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [name for (name,) in cursor.fetchall()]
        written = []
        for name in names:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{name}\" t")  # noqa: S608
            written.append(cursor.fetchone()[0])
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    return "\n".join([*written, *sessions])


def files_kept(folder: Path) -> str:
    """Return the content of every file of the service, and PostgreSQL's log."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        log = Path(cursor.fetchone()[0]).with_name("postgres.log")
    paths = [*(path for path in folder.rglob("*") if path.is_file()), log]
    assert len(paths) >= 3
    return "\n".join(path.read_bytes().decode("latin-1") for path in paths)


def hits(words: list[str], text: str) -> int:
    return sum(word in text or word.encode().hex() in text for word in words)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The folder of the service's files."""
    settings.ERASURE_LEDGER_PATH = str(tmp_path / "ledger")
    settings.TRAIL_ANCHOR_PATH = str(tmp_path / "anchors")
    return tmp_path


@pytest.mark.django_db
@pytest.mark.usefixtures("silent_tiktok")
def test_no_canary_survives(folder: Path, caplog: pytest.LogCaptureFixture, client: Client) -> None:
    planted, left = canaries_left(random.Random(SEED), folder, caplog, client)
    assert planted > 50
    assert left == {"database": 0, "Redis": 0, "files": 0, "logs": 0}


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.usefixtures("silent_tiktok")
def test_no_canary_survives_in_many_lives(
    folder: Path, caplog: pytest.LogCaptureFixture, client: Client, record_property: Any
) -> None:
    lives, planted, left = scaled(20), 0, Counter[str]()
    for number in range(lives):
        more, found = canaries_left(random.Random(SEED * 1_009 + number), folder, caplog, client, str(number))
        planted += more
        left.update(found)
    record_property("people erased", lives)
    record_property("canaries planted", planted)
    for where, count in left.items():
        record_property(f"canaries found in {where}", count)
    assert left.total() == 0


def canaries_left(
    dice: random.Random, folder: Path, caplog: pytest.LogCaptureFixture, client: Client, name: str = ""
) -> tuple[int, dict[str, int]]:
    """Return how many canaries were planted, and how many are found where after an erasure."""
    caplog.set_level(logging.DEBUG)
    user = everything(f"zyzzyva{name}")
    words = plant_canaries(user, dice)
    user.refresh_from_db()
    client.force_login(user)
    for path in ("/posts/", "/settings/", "/forecasts/", "/api/v1/accounts/", "/api/v1/predictions/"):
        client.get(path)
    assert hits(words, dump()) == len(words) - 1, "one is in Redis"
    assert search_redis(words)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE, erasure.left
    drop_anchor()
    return len(words), {
        "database": hits(words, dump()),
        "Redis": len(search_redis(words)),
        "files": hits(words, files_kept(folder)),
        "logs": hits(words, caplog.text),
    }


FORKS = """
import os, sys
import django
django.setup()
from accounts.tiktok import client
client.revoke = lambda *, access_token: None
from privacy.erasure.running import run
from privacy.models import Erasure
for line in sys.stdin:
    if not os.fork():
        Erasure.objects.filter(state="running").update(heartbeat_at=None)
        print(os.getpid(), flush=True)
        run(erasure_pk=int(line))
        os._exit(0)
    print(os.wait()[1], flush=True)
"""


@contextmanager
def runner() -> Iterator[Callable[[int, float | None], bool]]:
    """Give a function that runs an erasure in a process of its own, killed after that long; whether it was killed."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
    }
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKS],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdin
    assert parent.stdout
    asked, told = parent.stdin, parent.stdout

    def run(erasure_pk: int, after_s: float | None) -> bool:
        print(erasure_pk, file=asked, flush=True)
        child = int(told.readline())
        if after_s is not None:
            time.sleep(after_s)
            # until its parent has waited for it, a process that has ended is still there
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(told.readline()) == signal.SIGKILL

    with parent:
        yield run
        asked.close()


def kills(count: int, name: Callable[[int], str]) -> dict[str, int]:
    """Erase people with that many kills spread over their erasures; each must end whole."""
    dice = random.Random(SEED)
    figures = {"kills": 0, "people": 0, "half-done": 0}
    other = everything("xylophone")
    before = rows_of(other)
    with runner() as run:
        while figures["kills"] < count:
            user = everything(name(figures["people"]))
            erasure = erasing.request_erasure(
                user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
            )
            for _ in range(6):
                figures["kills"] += run(erasure.pk, dice.uniform(0.0, 0.12))
            run(erasure.pk, None)
            figures["people"] += 1
            erasure.refresh_from_db()
            left = search_database([name(figures["people"] - 1)])
            figures["half-done"] += erasure.state != Erasure.State.DONE or bool(left) or rows_of(other) != before
    return figures


@pytest.mark.django_db(transaction=True)
def test_kills_leave_nothing_half_done() -> None:
    figures = kills(3, lambda number: f"zyzzyva{number:04d}end")
    assert figures["half-done"] == 0, figures


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_three_hundred_kills(record_property: Any) -> None:
    figures = kills(scaled(300), lambda number: f"zyzzyva{number:04d}end")
    for name, value in figures.items():
        record_property(name, value)
    assert figures["half-done"] == 0
