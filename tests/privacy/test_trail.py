"""The access trail: who read or changed whose data, in a chain that only grows."""

import operator
import random
import statistics
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from django.apps import apps
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from config import celery_app
from predictions.engine import GlobalModel
from predictions.learning.services import update_weights
from predictions.models import ForecastError, Prediction
from predictions.monitoring.services import check_drift
from predictions.training.services import challenge
from predictions.versions.services import register
from privacy.export import services as exporting
from privacy.models import AccessEvent, SubjectKey
from privacy.trail import anchors as trail_anchors
from privacy.trail import chain as trail_chain
from privacy.trail import selectors as trail_selectors
from privacy.trail import services as trail_services
from privacy.trail.acting import acting
from privacy.trail.middleware import TrailMiddleware
from tests.bench.serving import time_in_turn, with_and_without_trail
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    FeedbackFactory,
    ForecastErrorFactory,
    OutcomeFactory,
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    enter_admin,
    history_of_posts,
)
from tests.prove import SEED, scaled
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

PUBLIC_IDS = [field for model in apps.get_models() for field in model._meta.fields if field.name == "public_id"]
READ, CHANGE = AccessEvent.Action.READ, AccessEvent.Action.CHANGE


@pytest.fixture
def person() -> User:
    """With a row in most tables."""
    outcome = OutcomeFactory()
    account = outcome.prediction.account
    FeedbackFactory(prediction=outcome.prediction)
    ForecastErrorFactory(post=outcome.post)
    AccountWeightsFactory(account=account)
    APITokenFactory(user=account.user)
    history_of_posts(account, count=6, until=timezone.now())
    user: User = account.user
    exporting.make(export_pk=exporting.request_export(user_id=user.pk).pk)
    return user


@pytest.fixture
def staff() -> Client:
    """A member of staff who has said why."""
    client = Client()
    enter_admin(client, StaffFactory(username="sam"))
    return client


def about(user: User) -> list[AccessEvent]:
    return list(trail_selectors.events_about(user.pk, by_others=False))


# --- what is recorded ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_forecast_is_recorded_once_with_its_request(client: Client, person: User) -> None:
    client.force_login(person)
    before = len(about(person))
    client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    events = about(person)
    assert len(events) == before + 1
    event = events[0]
    assert (event.actor_kind, event.action, event.through) == ("person", "change", "api")
    assert event.reference == Prediction.objects.latest("pk").provenance.removeprefix("request:")


def test_a_forecast_that_cannot_be_recorded_is_not_made(
    client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise DatabaseError("the trail is full")

    monkeypatch.setattr("predictions.forecasts.services.record", fail)
    client.force_login(person)
    client.raise_request_exception = False
    before = Prediction.objects.count()
    assert client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json").status_code == 500
    assert Prediction.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_rolled_back_does_not_stand_for_the_request(person: User) -> None:
    def change_and_fail(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            trail_services.record(action=CHANGE, subjects=[person.pk], what="never happened")
            transaction.set_rollback(True)
        return HttpResponse("what is kept of you")

    request = RequestFactory().get("/posts/")
    request.user, request.session = person, {}  # type: ignore[assignment]
    request.resolver_match = resolve("/posts/")
    before = len(about(person))
    TrailMiddleware(change_and_fail)(request)
    assert [event.what for event in about(person)[: len(about(person)) - before]] == ["posts:home"]


def test_a_task_is_recorded_by_its_name(person: User) -> None:
    from predictions.learning.tasks import update_weights as task

    person.tiktok_accounts.get().weights.delete()
    run = task.apply(args=(person.tiktok_accounts.get().pk,))
    event = about(person)[0]
    assert (event.actor_kind, event.actor) == ("task", "predictions.learning.tasks.update_weights")
    assert event.reference == run.id
    assert person.tiktok_accounts.get().weights.provenance == f"task:{run.id}"
    assert "task_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.django_db(transaction=True)
def test_a_worker_names_its_tasks_and_nothing_after_them(person: User) -> None:
    """A real worker: what is bound when a task begins must not hang on to the next one, or to none."""
    from predictions.learning.tasks import update_weights as task

    person.tiktok_accounts.get().weights.delete()
    with start_worker(celery_app, pool="solo", perform_ping_check=False, loglevel="WARNING", shutdown_timeout=30):
        sent = task.apply_async((person.tiktok_accounts.get().pk,))
        wait_until(AccessEvent.objects.filter(actor=task.name).exists, "the task is recorded")
    event = about(person)[0]
    assert (event.actor_kind, event.through, event.reference) == ("task", "task", sent.id)
    assert person.tiktok_accounts.get().weights.provenance == f"task:{sent.id}"
    assert acting._contexts == {}


def test_outside_of_both_it_was_a_command(person: User) -> None:
    person.tiktok_accounts.get().weights.delete()
    update_weights(account_id=person.tiktok_accounts.get().pk)
    event = about(person)[0]
    assert (event.actor_kind, event.through) == ("shell", "shell")
    assert ": " in event.actor


def test_a_comparison_of_models_is_recorded(person: User) -> None:
    challenge(version=register(model=GlobalModel.prior(), metrics={}), by="a test")
    assert about(person)[0].what == "posts, to compare two models"


def test_what_is_worked_out_of_all_at_once_is_recorded_once(person: User) -> None:
    ForecastErrorFactory()
    ForecastError.objects.update(features_version=0)
    before = len(about(person))
    check_drift()
    event = AccessEvent.objects.latest("position")
    assert (event.subject, event.action) == ("", "read")
    assert event.what == "how far forecasts were from posts, to see drift, of 2 people at once"
    assert len(about(person)) == before
    trail_chain.verify()
    SubjectKey.objects.filter(user=person).delete()
    assert about(person) == []


def test_nothing_is_recorded_of_who_was_erased(person: User) -> None:
    SubjectKey.objects.filter(user=person).delete()
    trail_services.record(action=READ, subjects=[person.pk], what="anything")
    assert trail_selectors.pseudonym_of(person.pk) is None
    assert not AccessEvent.objects.filter(what="anything").exists()


# --- staff --------------------------------------------------------------------------------------------------------


def test_staff_are_recorded_by_name_and_reason(person: User, staff: Client) -> None:
    assert staff.get(reverse("admin:accounts_user_change", args=[person.pk])).status_code == 200
    event = about(person)[0]
    assert (event.actor_kind, event.actor, event.through) == ("staff", "sam", "admin")
    assert event.why == "ticket 4711, a forecast is off"


def test_rows_that_are_not_there_concern_nobody(person: User, staff: Client) -> None:
    before = AccessEvent.objects.count()
    for key in ("0", "nothing", "_5F"):
        assert staff.get(f"/admin/accounts/user/{key}/change/").status_code == 302
    assert AccessEvent.objects.count() == before


def test_one_word_is_no_reason(staff: Client) -> None:
    assert "at least three" in staff.post("/admin/reason/", {"reason": "because"}).content.decode()


NAMES = {
    "username": "tiktok-0123456789abcdef",
    "open id": "-000abcDEF-1",
    "display name": "Zyzzyva",
    "display name of two words": "Zyzzyva Smith",
    "handle": "zyzzyva.smith",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("reason", ["ticket 4711, {} asks why", "asked (by @{}) what is kept", "why is that, {}?"])
def test_a_reason_names_nobody(name: str, reason: str, staff: Client) -> None:
    TikTokAccountFactory(
        user__username=NAMES["username"],
        open_id=NAMES["open id"],
        display_name=name if name.startswith("Z") else "Anybody",
        username=NAMES["handle"],
    )
    assert "Please name nobody" in staff.post("/admin/reason/", {"reason": reason.format(name)}).content.decode()


def test_a_reason_may_hold_words_that_are_somebodys_name(staff: Client) -> None:
    for word in ("asks", "forecast", "a", "off"):
        TikTokAccountFactory(display_name=word, username=f"{word}.")
    assert staff.post("/admin/reason/", {"reason": "ticket 4711, asks: a forecast is off"}).status_code == 302


IDENTITIES = {
    **{field.model._meta.label: field.default() for field in PUBLIC_IDS},
    "half an id": "acct_8m3k",
    "in capitals": "ACCT_8M3KQ2V7X9C4D5E6",
    "username": "tiktok-0123456789abcdef",
    "handle": "@zyzzyva.smith",
    "e-mail address": "zyzzyva@example.com",
    "phone number": "+49 170 1234567",
}


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES)
def test_what_names_somebody_stays_out_of_the_trail(identity: str) -> None:
    user = UserFactory()
    trail_services.record(
        action=READ, subjects=[user.pk], what=f"posts of {identity}.", why=f"ticket 5, {identity} asks why"
    )
    event = about(user)[0]
    assert (event.what, event.why) == ("posts of [removed].", "ticket 5, [removed] asks why")


def test_there_are_ids_to_look_at() -> None:
    assert len(PUBLIC_IDS) >= 6


def test_a_reason_does_not_lead_elsewhere(staff: Client) -> None:
    answer = staff.post("/admin/reason/?next=https://evil.example/", {"reason": "ticket 4711, again"})
    assert answer["Location"] == "/admin/"


def test_people_see_who_looked_and_why(client: Client, person: User, staff: Client) -> None:
    staff.get(reverse("admin:accounts_user_change", args=[person.pk]))
    client.force_login(person)
    client.get("/posts/")
    page = client.get("/your-data/access/").content.decode()
    assert "ticket 4711, a forecast is off" in page
    assert "sam" not in page
    listed = client.get("/api/v1/privacy/access").json()["results"][0]
    assert (listed["who"], listed["why"]) == ("staff", "ticket 4711, a forecast is off")
    assert len(client.get("/api/v1/privacy/access?own=true").json()["results"]) > 1


def test_nobody_sees_who_looked_at_somebody_else(client: Client, person: User, staff: Client) -> None:
    staff.get(reverse("admin:accounts_user_change", args=[person.pk]))
    client.force_login(UserFactory())
    assert [each for each in client.get("/api/v1/privacy/access").json()["results"] if each["who"] == "staff"] == []


# --- the chain ----------------------------------------------------------------------------------------------------


def write(count: int, dice: random.Random) -> None:
    people = [TikTokAccountFactory().user_id for _ in range(3)]
    for number in range(count):
        trail_services.record(
            action=dice.choice([READ, CHANGE]),
            subjects=dice.sample(people, dice.randrange(1, 3)),
            what=f"number {number} Ünïcode 🦊",
        )


def test_a_whole_chain_is_found_whole(capsys: pytest.CaptureFixture[str]) -> None:
    write(30, random.Random(SEED))
    call_command("verify_access_trail")
    assert f"whole: {AccessEvent.objects.count()} events" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement", ["UPDATE privacy_accessevent SET why = 'x'", "DELETE FROM privacy_accessevent", "TRUNCATE {}"]
)
def test_the_database_refuses_every_change(statement: str) -> None:
    write(2, random.Random(SEED))
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
    assert trail_chain.verify().position == AccessEvent.objects.count() >= 40


def tampered(kind: str, dice: random.Random) -> None:
    """What somebody with all rights over the database could do."""
    positions = list(AccessEvent.objects.order_by("position").values_list("position", flat=True))
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
    position = trail_chain.head().position
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent DISABLE TRIGGER append_only")
        cursor.execute("DELETE FROM privacy_accessevent WHERE position >= %s", [position])
    trail_services.record(action=READ, subjects=[UserFactory(consents=()).pk], what="never happened")
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
    assert not trail_anchors.watch_anchors()


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_the_trail_adds_less_than_a_millisecond_to_a_forecast(record_property: Any) -> None:
    """Side by side in each round, so that a busy machine slows both alike; as `make bench`, without the HTTP."""
    account = TikTokAccountFactory()
    history_of_posts(account, count=30, until=timezone.now())
    assert update_weights(account_id=account.pk)
    account.refresh_from_db()
    taken = time_in_turn(with_and_without_trail(account), scaled(300))
    service, without = taken["service"], taken["service without the trail"]
    # others only ever slow a round down: the fastest tenth of each tells what the trail itself takes
    undisturbed = statistics.quantiles(service, n=10)[0] - statistics.quantiles(without, n=10)[0]
    record_property("added to a forecast, ms, fastest tenths compared", round(undisturbed, 3))
    median = statistics.median(map(operator.sub, service, without))
    record_property("added to a forecast, ms, median of the differences", round(median, 3))
    record_property("a forecast with the trail, ms, median", round(statistics.median(service), 3))
    assert undisturbed < 1
