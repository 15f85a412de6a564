"""The chain of the access trail, and its anchors: tampering is found."""

import random
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.signals import beat_init
from django.apps import apps
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from config import celery_app
from privacy.models import AccessEvent
from privacy.trail import anchors as trail_anchors
from privacy.trail import chain as trail_chain
from privacy.trail import keys
from privacy.trail import selectors as trail_selectors
from privacy.trail import services as trail_services
from privacy.trail.tasks import watch_trail
from tests.factories import (
    TikTokAccountFactory,
    UserFactory,
)
from tests.prove import SEED, scaled

pytestmark = pytest.mark.django_db

PUBLIC_IDS = [field for model in apps.get_models() for field in model._meta.fields if field.name == "public_id"]
READ, CHANGE = AccessEvent.Action.READ, AccessEvent.Action.CHANGE


def write(count: int, dice: random.Random) -> None:
    people = [TikTokAccountFactory().user_id for _ in range(3)]
    for number in range(count):
        trail_services.record(
            action=dice.choice([READ, CHANGE]),
            subjects=dice.sample(people, dice.randrange(1, 3)),
            what=f"number {number} Ünïcode 🦊",
        )
    trail_chain.seal()


def test_a_whole_chain_is_found_whole(capsys: pytest.CaptureFixture[str]) -> None:
    write(30, random.Random(SEED))
    call_command("verify_access_trail")
    assert f"whole: {AccessEvent.objects.count()} events" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE privacy_accessevent SET why = 'x'",
        "UPDATE privacy_accessevent SET why = 'x' WHERE position IS NULL",
        "UPDATE privacy_accessevent SET position = position + 1 WHERE position IS NOT NULL",
        "DELETE FROM privacy_accessevent",
        "TRUNCATE {}",
    ],
)
def test_the_database_refuses_every_change(statement: str) -> None:
    write(2, random.Random(SEED))
    trail_services.record(action=READ, subjects=[UserFactory().pk], what="not sealed yet")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent ENABLE TRIGGER never_emptied")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement.format("privacy_accessevent"))


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain() -> None:
    user = UserFactory()
    begin = threading.Barrier(4)

    def write_some() -> None:
        begin.wait()
        for _ in range(10):
            trail_services.record(action=READ, subjects=[user.pk], what="at once")
        connection.close()

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    trail_chain.seal()
    assert trail_chain.verify().position == AccessEvent.objects.count() >= 40


@pytest.mark.django_db(transaction=True)
def test_a_writer_waits_neither_for_another_nor_for_sealing() -> None:
    user = UserFactory()
    written = threading.Event()

    def write_and_commit() -> None:
        trail_services.record(action=READ, subjects=[user.pk], what="second")
        trail_chain.seal()
        written.set()
        connection.close()

    with transaction.atomic():
        trail_services.record(action=READ, subjects=[user.pk], what="first")
        other = threading.Thread(target=write_and_commit)
        other.start()
        assert written.wait(10), "the second writer, or sealing, waited for the first one's commit"
    other.join()
    trail_chain.seal()
    trail_chain.verify()
    last = AccessEvent.objects.order_by("-position").values_list("what", flat=True)[:2]
    assert list(last) == ["first", "second"]


def test_events_that_stay_unsealed_raise_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    trail_services.record(action=READ, subjects=[UserFactory().pk], what="waits")
    assert trail_chain.watch_sealing()
    later = timezone.now() + trail_chain.LATE_AFTER + timedelta(minutes=1)
    assert not trail_chain.watch_sealing(now=later)
    assert "trail_not_sealed" in caplog.text
    assert trail_chain.seal() >= 1
    assert trail_chain.watch_sealing(now=later)


def tampered(kind: str, dice: random.Random) -> None:
    """Tamper with the trail as somebody with all rights over the database could."""
    positions = [
        place for place in AccessEvent.objects.order_by("position").values_list("position", flat=True) if place
    ]
    last = positions[-1]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent DISABLE TRIGGER ALL")
        if kind == "edit":
            column = dice.choice(["actor", "what", "why", "subject", "action", "through", "actor_kind", "reference"])
            edit = sql.SQL("UPDATE privacy_accessevent SET {} = 'x' WHERE position = %s")
            cursor.execute(edit.format(sql.Identifier(column)), [dice.choice(positions)])
        elif kind == "delete":
            cursor.execute("DELETE FROM privacy_accessevent WHERE position = %s", [dice.choice(positions[:-1])])
        elif kind == "reorder":
            one, other = dice.sample(positions, 2)
            cursor.execute("UPDATE privacy_accessevent SET position = -1 WHERE position = %s", [one])
            cursor.execute("UPDATE privacy_accessevent SET position = %s WHERE position = %s", [one, other])
            cursor.execute("UPDATE privacy_accessevent SET position = %s WHERE position = -1", [other])
        elif kind == "truncate":
            cursor.execute("DELETE FROM privacy_accessevent WHERE position > %s", [dice.choice(positions[:-1])])
        else:
            # from somewhere on, written anew with right hashes: only what was written down elsewhere tells
            since = dice.choice(positions)
            cursor.execute("DELETE FROM privacy_accessevent WHERE position >= %s", [since])
            cursor.execute("ALTER TABLE privacy_accessevent ENABLE TRIGGER chain")
            for _ in range(last - since + 1):
                trail_services.record(action=READ, subjects=[UserFactory(consents=()).pk], what="never happened")
            trail_chain.seal()
        cursor.execute("ALTER TABLE privacy_accessevent ENABLE TRIGGER ALL")


KINDS = ("edit", "delete", "reorder", "truncate", "fork")


def found(kind: str, dice: random.Random) -> bool:
    """Whether the tampering is found, with the head anchored before it, and once more after it by the next hour."""
    before = transaction.savepoint()
    anchors = [trail_chain.head()]
    tampered(kind, dice)
    anchors.append(trail_chain.head())
    try:
        trail_chain.verify(anchors)
    except trail_chain.TrailBroken:
        return True
    finally:
        transaction.savepoint_rollback(before)
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_tampering_is_found(kind: str) -> None:
    dice = random.Random(SEED)
    write(12, dice)
    assert all(found(kind, dice) for _ in range(5))


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_tamperings_are_found(kind: str, record_property: Any) -> None:
    dice = random.Random(SEED)
    write(40, dice)
    count = scaled(100)
    hits = sum(found(kind, dice) for _ in range(count))
    record_property(f"{kind}: found of {count}", hits)
    assert hits == count


def test_the_command_says_where_and_fails(tmp_path: Path, settings: Any) -> None:
    settings.TRAIL_ANCHOR_PATH = str(tmp_path / "anchors")
    write(8, random.Random(SEED))
    trail_anchors.drop_anchor()
    call_command("verify_access_trail")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent DISABLE TRIGGER append_only")
        cursor.execute("DELETE FROM privacy_accessevent WHERE position > 3")
    with pytest.raises(CommandError, match=r"ends at 3, but \d+ was anchored"):
        call_command("verify_access_trail")
    with pytest.raises(CommandError, match="expected POSITION:HASH"):
        call_command("verify_access_trail", anchor=["4"])


@pytest.fixture
def anchors(tmp_path: Path, settings: Any) -> Path:
    """The file of the anchors, with one in it."""
    settings.TRAIL_ANCHOR_PATH = str(tmp_path / "anchors")
    write(8, random.Random(SEED))
    trail_anchors.drop_anchor()
    return tmp_path / "anchors"


def test_a_later_anchor_does_not_take_the_place_of_an_earlier_one(anchors: Path) -> None:
    somebody = UserFactory(consents=())
    position = trail_anchors.drop_anchor().position
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent DISABLE TRIGGER append_only")
        cursor.execute("DELETE FROM privacy_accessevent WHERE position >= %s", [position])
    trail_services.record(action=READ, subjects=[somebody.pk], what="never happened")
    trail_chain.seal()
    assert trail_chain.head().position == position
    trail_anchors.drop_anchor()
    with pytest.raises(CommandError, match=f"{position} was anchored with two hashes"):
        call_command("verify_access_trail")


def test_anchors_that_are_gone_are_missed(anchors: Path) -> None:
    anchors.unlink()
    with pytest.raises(CommandError, match="no file of anchors"):
        call_command("verify_access_trail")


def test_without_events_no_anchors_are_missed(tmp_path: Path, settings: Any) -> None:
    settings.TRAIL_ANCHOR_PATH = str(tmp_path / "anchors")
    call_command("verify_access_trail")


@pytest.mark.parametrize("torn", ["12", "12 abc", "x " + "0" * 64, "\udcff"])
def test_a_torn_anchor_is_told_in_a_sentence(torn: str, anchors: Path) -> None:
    with anchors.open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(torn)
    with pytest.raises(CommandError, match=r"Line 2 of .* is no anchor"):
        call_command("verify_access_trail")


def test_beat_drops_an_anchor_each_hour_and_sees_that_it_does() -> None:
    celery_app.loader.import_default_modules()
    for name in ("privacy.trail.tasks.anchor_trail", "privacy.trail.tasks.watch_trail"):
        [entry] = [each for each in celery_app.conf.beat_schedule.values() if each["task"] == name]
        assert name in celery_app.tasks
        assert (entry["schedule"].hour, len(entry["schedule"].minute)) == (set(range(24)), 1)


def test_anchors_that_stop_raise_an_alarm(
    anchors: Path, settings: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    settings.METRICS_TOKEN = "a token of sixteen characters"
    assert trail_anchors.watch_anchors()
    assert "trail_anchor_late" not in caplog.text
    # as if beat had started before it
    cache.set("trail-anchors-awaited", timezone.now() - timedelta(days=1))
    assert not trail_anchors.watch_anchors(now=timezone.now() + timedelta(hours=4))
    assert "trail_anchor_late" in caplog.text
    headers = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    scraped = client.get("/metrics", headers=headers).content.decode()
    [shown] = [line for line in scraped.splitlines() if line.startswith("postcast_trail_anchored_timestamp_seconds ")]
    assert timezone.now().timestamp() - float(shown.split()[1]) < 60


def test_an_anchor_that_cannot_be_written_does_not_count(anchors: Path, settings: Any) -> None:
    cache.clear()
    settings.TRAIL_ANCHOR_PATH = str(anchors / "no folder")
    with pytest.raises(NotADirectoryError):
        trail_anchors.drop_anchor()
    trail_anchors.await_anchors()
    assert not trail_anchors.watch_anchors(now=timezone.now() + timedelta(hours=4))


def test_none_is_late_before_the_first_was_due(caplog: pytest.LogCaptureFixture) -> None:
    """After a fresh start, a start after a night, and after Redis was emptied: the first one has three hours."""
    now = timezone.now()
    for begin in (lambda: None, trail_anchors.await_anchors):
        cache.clear()
        begin()
        assert trail_anchors.watch_anchors(now=now + timedelta(minutes=50))
        assert not trail_anchors.watch_anchors(now=now + timedelta(hours=4))
    cache.set("trail-anchored", now - timedelta(hours=14))
    assert trail_anchors.watch_anchors(now=now + timedelta(minutes=50))
    assert caplog.text.count("trail_anchor_late") == 2
    beat_init.send(sender=None)
    assert trail_anchors.awaited_since() > now


# --- people's keys ----------------------------------------------------------------------------------------------------


REFUSED_ON_KEYS = {
    "another key": "UPDATE privacy_subjectkey SET key = decode(repeat('ab', 32), 'hex')",
    "another person's": "UPDATE privacy_subjectkey SET user_id = user_id + 1000000",
    "none": "DELETE FROM privacy_subjectkey; SET CONSTRAINTS ALL IMMEDIATE",
}


@pytest.mark.parametrize("statement", REFUSED_ON_KEYS.values(), ids=REFUSED_ON_KEYS)
def test_a_key_is_neither_changed_nor_deleted_without_its_person(statement: str) -> None:
    write(2, random.Random(SEED))
    with pytest.raises(DatabaseError, match="key of the access trail"), transaction.atomic(), connection.cursor() as c:
        c.execute(statement)
    assert keys.verify_keys() == User.objects.count()


def test_a_key_that_ends_with_its_person_leaves_an_event() -> None:
    user = UserFactory()
    pseudonym = trail_selectors.pseudonym_of(user.pk)
    user.delete()
    newest = AccessEvent.objects.latest("pk")
    assert (newest.action, newest.what, newest.subject) == ("key", "ended", pseudonym)
    call_command("verify_access_trail")


PAST_THE_TRIGGERS = {
    "replaced": (
        "UPDATE privacy_subjectkey SET key = decode(repeat('ab', 32), 'hex') WHERE user_id = {one}",
        "1 are not",
    ),
    "deleted": ("DELETE FROM privacy_subjectkey WHERE user_id = {one}", "1 are missing, 0 are not .* 1 are gone"),
    "exchanged": (
        "UPDATE privacy_subjectkey SET key = CASE user_id WHEN {one} THEN (SELECT key FROM privacy_subjectkey WHERE "
        "user_id = {other}) ELSE (SELECT key FROM privacy_subjectkey WHERE user_id = {one}) END "
        "WHERE user_id IN ({one}, {other})",
        "0 are missing, 2 are not",
    ),
}


@pytest.mark.parametrize(("statement", "fault"), PAST_THE_TRIGGERS.values(), ids=PAST_THE_TRIGGERS)
def test_a_key_that_was_altered_past_the_triggers_is_found(
    statement: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = UserFactory(), UserFactory()
    call_command("verify_access_trail")
    assert keys.watch_keys()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE privacy_subjectkey DISABLE TRIGGER USER")
        cursor.execute(statement.format(one=one.pk, other=other.pk))
    with pytest.raises(CommandError, match=fault):
        call_command("verify_access_trail")
    watch_trail()
    assert "trail_keys_altered" in caplog.text
