"""Erasure: everything of a person, everywhere, whatever happens in between; and nothing of anybody else."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts import credentials
from accounts import services as accounts
from accounts.models import Credential, TikTokAccount, User
from accounts.tiktok import client as tiktok_client
from accounts.tiktok.errors import TikTokUnavailable
from posts.models import Listing, Post, Refresh
from predictions.forgetting import learned_from_forgotten, leave_behind
from predictions.lifecycle import CannotRollBack, promote, roll_back
from predictions.models import ForgottenAccount, ModelVersion
from predictions.pseudonyms import pseudonym
from predictions.registry import RefusedArtefact, make_champion
from privacy import erasing, exporting, ledger, trail
from privacy.declarations import subject_of, tables
from privacy.finding import found_in_database, found_in_redis
from privacy.models import AccessEvent, Erasure, PersonalData, SubjectKey, Through
from privacy.replaying import unknown_erasures
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    FeedbackFactory,
    MissFactory,
    OutcomeFactory,
    PredictionFactory,
    TikTokAccountFactory,
    UserFactory,
    enter_admin,
    history_of_posts,
)
from tests.prove import SEED, scaled

ROOT = Path(__file__).resolve().parents[2]
TYPES_OF_TEXT = (models.CharField, models.TextField)


@pytest.fixture
def silent_tiktok(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """TikTok takes every revocation; which tokens it was told."""
    told: list[str] = []
    monkeypatch.setattr(tiktok_client, "revoke", lambda *, access_token: told.append(access_token))
    return told


def everything(name: str) -> User:
    """A person with a row in every table, each text of which says whose it is."""
    account = TikTokAccountFactory(
        user__username=f"user-{name}",
        open_id=f"open-{name}",
        union_id=f"union-{name}",
        display_name=f"display-{name}",
        username=f"handle-{name}",
    )
    user: User = account.user
    posts = history_of_posts(account, count=3, until=timezone.now())
    Post.objects.filter(account=account).update(caption=f"caption-{name}")
    prediction = PredictionFactory(account=account, caption=f"draft-{name}", hashtags=[f"tag-{name}"])
    OutcomeFactory(prediction=prediction, post=posts[0])
    FeedbackFactory(prediction=prediction, text=f"words-{name}")
    MissFactory(post=posts[0])
    AccountWeightsFactory(account=account, summary={"of": f"summary-{name}"})
    APITokenFactory(user=user, name=f"token-{name}")
    Refresh.objects.create(account=account, error=f"error-{name}")
    Listing.objects.create(account=account, listed_at=timezone.now())
    SocialAccount.objects.create(
        user=user, provider="tiktok", uid=f"open-{name}", extra_data={"open_id": f"open-{name}"}
    )
    grant = tiktok_client.Grant(
        open_id=f"open-{name}",
        scope=["video.list"],
        access_token=f"act.{name}",
        expires_in=86_400,
        refresh_token=f"rft.{name}",
        refresh_expires_in=864_000,
    )
    exporting.make(export_pk=exporting.request_export(user_id=user.pk).pk)
    credentials.store_grant(Credential(account=account, version=0), grant, timezone.now())
    return user


def rows_of(user: User) -> dict[str, int]:
    """How many rows of the person there are in each table."""
    subject = subject_of(user.pk)
    return {table.model: table.rows_of(subject).count() for table in erasing._children_first()}


def erase(user: User, **options: Any) -> Erasure:
    """Ask for it and let it run to its end."""
    options = {"reason": Erasure.Reason.PERSON, "through": Through.PAGE, "grace": None} | options
    erasure = erasing.request_erasure(user_id=user.pk, **options)
    erasing.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    return erasure


# --- all of one, nothing of another -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everything_goes_and_nothing_of_anybody_else(silent_tiktok: list[str]) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    assert {label for label, count in rows_of(user).items() if not count} == NO_ROWS
    before = rows_of(other)
    subject = subject_of(user.pk)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert not any(table.rows_of(subject).exists() for table in erasing._children_first())
    assert rows_of(other) == before
    assert silent_tiktok == ["act.zyzzyva"]
    assert found_in_database(["zyzzyva"]) == []
    assert "caption-xylophone" in set(Post.objects.values_list("caption", flat=True))


# staff's, and those that stay empty
NO_ROWS = {
    *("admin.LogEntry", "accounts.User_groups", "accounts.User_user_permissions"),
    *("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken"),
    *("account.EmailAddress", "account.EmailConfirmation", "socialaccount.SocialToken"),
}


@pytest.mark.django_db
def test_the_receipt_names_nobody_and_counts_everything(silent_tiktok: list[str], client: Client) -> None:
    user = everything("zyzzyva")
    erasure = erase(user)
    assert (erasure.user_id, erasure.account_ids, bytes(erasure.sealed_identifiers)) == (None, [], b"")
    assert erasure.verified_at
    assert erasure.told_tiktok is True
    assert sum(erasure.counts.values()) >= 15
    page = client.get(f"/erasures/{erasure.public_id}/").content.decode()
    assert "Erased" in page
    assert "zyzzyva" not in page


@pytest.mark.django_db
def test_the_trail_stays_whole_and_names_nobody(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    pseudonym_before = trail.pseudonym_of(user.pk)
    events = AccessEvent.objects.filter(subject=pseudonym_before).count()
    erase(user)
    assert not SubjectKey.objects.filter(pk=user.pk).exists()
    assert AccessEvent.objects.filter(subject=pseudonym_before).count() >= events > 0
    trail.verify()


@pytest.mark.django_db
def test_one_account_of_two_goes_alone(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    second = TikTokAccountFactory(user=user, open_id="open-second")
    history_of_posts(second, count=2, until=timezone.now())
    SocialAccount.objects.create(user=user, provider="tiktok", uid="open-second")
    erasure = erase(user, account_id=second.pk)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    assert user.tiktok_accounts.get().open_id == "open-zyzzyva"
    assert SocialAccount.objects.get().uid == "open-zyzzyva"
    user.refresh_from_db()
    assert user.is_active
    assert user.consents.filter(withdrawn_at=None).exists()


@pytest.mark.django_db
def test_who_comes_back_is_somebody_new(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    erase(user)
    assert everything("zyzzyva").pk != user.pk


# --- asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_has_fourteen_days_and_can_change_their_mind(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    erasure = Erasure.objects.get()
    assert erasure.due_at > timezone.now() + timedelta(days=13)
    assert not erasing.run(erasure_pk=erasure.pk)
    assert erasing.resume_due() == []
    assert "Keep my data" in client.get("/your-data/erasure/").content.decode()
    client.post("/your-data/erasure/", {"wish": "cancel"})
    erasure.refresh_from_db()
    assert (erasure.state, erasure.user_id) == (Erasure.State.CANCELLED, None)
    assert not erasing.run(erasure_pk=erasure.pk, now=timezone.now() + timedelta(days=15))


@pytest.mark.django_db
def test_the_wait_can_be_skipped_and_asking_twice_is_asking_once(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    answer = client.post("/your-data/erasure/", {"wish": "now"})
    erasure = Erasure.objects.get()
    assert answer["Location"] == f"/erasures/{erasure.public_id}/"
    assert erasing.resume_due() == [erasure.pk]


@pytest.mark.django_db
def test_over_the_api_by_people_alone(client: Client) -> None:
    user = UserFactory()
    _, token = accounts.create_api_token(user=user, name="a program")
    program = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/privacy/erasure", headers=program).status_code == 403
    client.force_login(user)
    assert client.get("/api/v1/privacy/erasure").status_code == 404
    asked = client.post("/api/v1/privacy/erasure", {}, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert client.get("/api/v1/privacy/erasure").json() == asked.json()
    assert client.delete("/api/v1/privacy/erasure").status_code == 204
    assert client.delete("/api/v1/privacy/erasure").status_code == 404


@pytest.mark.django_db
def test_staff_may_for_a_stated_reason(client: Client) -> None:
    user = UserFactory()
    enter_admin(client)
    client.post("/admin/accounts/user/", {"action": "erase", "_selected_action": [user.pk]})
    assert Erasure.objects.get().user_id == user.pk
    assert AccessEvent.objects.filter(action="erase").latest("position").why == "ticket 4711, a forecast is off"


@pytest.mark.django_db
def test_tiktok_tells_that_an_account_was_deleted() -> None:
    user = everything("zyzzyva")
    accounts.authorization_removed(
        open_id="open-zyzzyva",
        removed_at=timezone.now() + timedelta(seconds=1),
        delivery="1",
        now=timezone.now(),
        account_deleted=True,
    )
    erasure = Erasure.objects.get()
    assert (erasure.user_id, erasure.reason, erasure.whole) == (user.pk, "tiktok", True)


@pytest.mark.django_db
def test_nobody_gets_in_meanwhile(silent_tiktok: list[str], client: Client) -> None:
    user = everything("zyzzyva")
    client.force_login(user)
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    for name in ("collect", "stop"):
        erasing.STEPS[name](erasure)
    assert client.get("/posts/").status_code == 302
    assert client.post("/predict", {"post": {"text": "x"}}, content_type="application/json").status_code in (401, 403)


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tiktok_is_asked_for_a_day_and_then_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*, access_token: str) -> None:
        raise TikTokUnavailable("no_answer", "nobody there")

    monkeypatch.setattr(tiktok_client, "revoke", fail)
    user = everything("zyzzyva")
    erasure = erase(user)
    assert (erasure.state, erasure.steps_done) == (Erasure.State.RUNNING, ["collect", "stop"])
    assert Post.objects.exists()
    Erasure.objects.update(due_at=timezone.now() - timedelta(days=2), heartbeat_at=None)
    assert erasing.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.told_tiktok is False
    assert not User.objects.exists()


@pytest.mark.django_db
def test_what_is_left_is_told_and_tried_again(silent_tiktok: list[str], caplog: pytest.LogCaptureFixture) -> None:
    user = everything("zyzzyva")
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.set("somewhere:else", "the id open-zyzzyva again")
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, ["Redis: somewhere"])
    assert "erasure_incomplete" in caplog.text
    client.delete("somewhere:else")
    Erasure.objects.update(heartbeat_at=None)
    assert erasing.run(erasure_pk=erasure.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("step", erasing.STEPS)
def test_each_step_can_be_done_twice(step: str, silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    before = rows_of(other)
    once = erasing.STEPS[step]

    def twice(erasure: Erasure) -> None:
        once(erasure)
        if erasure.user_id is not None:
            once(Erasure.objects.get(pk=erasure.pk))
            erasure.refresh_from_db()

    monkeypatch.setitem(erasing.STEPS, step, twice)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert found_in_database(["zyzzyva"]) == []
    assert rows_of(other) == before


# --- models -----------------------------------------------------------------------------------------------------------


def version(name: str, account: TikTokAccount | None = None, role: str = "retired") -> ModelVersion:
    learned_from = [pseudonym(account.public_id)] if account else []
    return ModelVersion.objects.create(
        name=name, role=role, artefact=b"zip", signature="x", manifest={"pseudonyms": learned_from}
    )


@pytest.mark.django_db
def test_no_model_that_learned_from_them_serves_again(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = everything("zyzzyva")
    old = version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    new = version("v1.1.0")
    make_champion(new, by="test")
    monkeypatch.setattr("predictions.lifecycle.load", lambda version: None)
    erase(user)
    assert learned_from_forgotten(old)
    with pytest.raises(CannotRollBack, match="left since"):
        roll_back(champion_id=new.pk, by="test", reason="worse")
    with pytest.raises(RefusedArtefact, match="left since"):
        promote(version=old, by="test", reason="better")
    leave_behind()
    assert bytes(ModelVersion.objects.get(pk=old.pk).artefact) == b""
    assert bytes(ModelVersion.objects.get(pk=new.pk).artefact) == b"zip"


@pytest.mark.django_db
def test_a_champion_that_learned_from_them_is_replaced_in_time(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("predictions.forgetting.current_app.send_task", lambda name, **_: sent.append(name))
    user = everything("zyzzyva")
    version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    erase(user)
    leave_behind()
    assert sent == []
    ForgottenAccount.objects.update(forgotten_at=timezone.now() - timedelta(days=6))
    leave_behind()
    assert sent == ["predictions.tasks.retrain_model"]


# --- backups ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_restored_backup_brings_nobody_back(
    silent_tiktok: list[str], tmp_path: Path, settings: Any, client: Client
) -> None:
    settings.ERASURE_LEDGER_PATH = str(tmp_path / "ledger")
    everything("bystander")
    erase(everything("zyzzyva"))
    # the backup from before it: the same person, and no word of the erasure
    Erasure.objects.all().delete()
    restored = everything("zyzzyva")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "replay_erasures" in answer.json()["data"]
    call_command("replay_erasures")
    assert not User.objects.filter(pk=restored.pk).exists()
    assert User.objects.count() == 1
    assert unknown_erasures() == []
    assert client.get("/readyz").status_code == 200
    call_command("replay_erasures")


@pytest.mark.django_db
def test_the_ledger_names_nobody_and_shows_when_it_was_altered(
    silent_tiktok: list[str], tmp_path: Path, settings: Any
) -> None:
    path = tmp_path / "ledger"
    settings.ERASURE_LEDGER_PATH = str(path)
    for name in ("zyzzyva", "xylophone", "quiddity"):
        erase(everything(name))
    text = path.read_text()
    assert not [name for name in ("zyzzyva", "xylophone", "quiddity") if name in text]
    assert len(ledger.entries()) == 3
    lines = text.splitlines()
    path.write_text("\n".join([lines[0], lines[2], lines[3]]) + "\n")
    with pytest.raises(ledger.LedgerBroken, match="Line 2"):
        ledger.entries()


# --- proofs -----------------------------------------------------------------------------------------------------------


def plant_canaries(user: User, dice: random.Random) -> list[str]:
    """A word of its own in every personal text of every row of the person; the words."""
    words: list[str] = []
    subject = subject_of(user.pk)
    for table in tables():
        model = apps.get_model(table.model) if table.person and table.model != "migrations.Migration" else None
        if model is None or not issubclass(model, PersonalData | SocialAccount):
            continue
        texts = [
            column
            for column in model._meta.concrete_fields
            if column.column in table.personal and isinstance(column, TYPES_OF_TEXT) and not column.choices
        ]
        for row in table.rows_of(subject):
            changes = {}
            for column in texts:
                word = f"canary{dice.randrange(10**12):012d}"
                longest = getattr(column, "max_length", None)
                if longest is None or longest >= len(word):
                    changes[column.name] = word
            changes.pop("provider", None)
            if changes:
                model._base_manager.filter(pk=row.pk).update(**changes)
                words += changes.values()
    return words


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [name for (name,) in cursor.fetchall()]
        written = []
        for name in names:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{name}\" t")  # noqa: S608
            written.append(cursor.fetchone()[0])
    return "\n".join(written)


def hits(words: list[str], text: str) -> int:
    return sum(word in text for word in words)


@pytest.mark.django_db
def test_no_canary_survives(silent_tiktok: list[str], caplog: pytest.LogCaptureFixture, client: Client) -> None:
    assert canaries_left(random.Random(SEED), caplog, client) == (0, 0, 0)


@pytest.mark.prove
@pytest.mark.django_db
def test_no_canary_survives_in_many_lives(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture, client: Client, record_property: Any
) -> None:
    lives = scaled(20)
    for number in range(lives):
        assert canaries_left(random.Random(SEED * 1_009 + number), caplog, client, str(number)) == (0, 0, 0)
    record_property("people erased", lives)
    record_property("canaries found", 0)


def canaries_left(
    dice: random.Random, caplog: pytest.LogCaptureFixture, client: Client, name: str = ""
) -> tuple[int, int, int]:
    """How many canaries are found in the database, in Redis and in the logs after an erasure."""
    caplog.set_level(logging.DEBUG)
    user = everything(f"zyzzyva{name}")
    words = plant_canaries(user, dice)
    user.refresh_from_db()
    client.force_login(user)
    for path in ("/posts/", "/settings/", "/forecasts/", "/api/v1/accounts/", "/api/v1/predictions/"):
        client.get(path)
    assert hits(words, dump()) == len(words) > 20
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE, erasure.left
    return hits(words, dump()), len(found_in_redis(words)), hits(words, caplog.text)


KILLED = """
import os, sys
import django
django.setup()
from accounts.tiktok import client
client.revoke = lambda *, access_token: None
from privacy import erasing
from privacy.models import Erasure
Erasure.objects.filter(state="running").update(heartbeat_at=None)
print("begun", flush=True)
erasing.run(erasure_pk=int(sys.argv[1]))
"""


def run_and_kill(erasure_pk: int, after_s: float | None) -> bool:
    """Run the erasure in a process of its own, killed after that long; whether it was killed."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(erasure_pk)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    if after_s is not None:
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


def kills(count: int, name: Callable[[int], str]) -> dict[str, int]:
    """Erase people with that many kills spread over their erasures; each must end whole."""
    dice = random.Random(SEED)
    figures = {"kills": 0, "people": 0, "half-done": 0}
    other = everything("xylophone")
    before = rows_of(other)
    while figures["kills"] < count:
        user = everything(name(figures["people"]))
        erasure = erasing.request_erasure(
            user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
        )
        for _ in range(6):
            figures["kills"] += run_and_kill(erasure.pk, dice.uniform(0.0, 0.12))
        run_and_kill(erasure.pk, None)
        figures["people"] += 1
        erasure.refresh_from_db()
        left = found_in_database([name(figures["people"] - 1)])
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
