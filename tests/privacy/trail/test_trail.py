"""The access trail: who read or changed whose data, in a chain that only grows."""

import operator
import statistics
import time
from typing import Any
from unittest import mock

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.models import User
from config import celery_app
from predictions.engine import GlobalModel
from predictions.forecasts import recording
from predictions.learning.services import update_weights
from predictions.models import ForecastError, Prediction
from predictions.monitoring.services import check_drift
from predictions.training.services import challenge
from predictions.versions.services import register
from privacy.anonymity.public_ids import PREFIXES, public_id
from privacy.declarations.registry import table_of
from privacy.export import services as exporting
from privacy.models import AccessEvent
from privacy.trail import chain as trail_chain
from privacy.trail import selectors as trail_selectors
from privacy.trail import services as trail_services
from privacy.trail.acting import _contexts
from privacy.trail.middleware import TrailMiddleware
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
from tests.predictions.drafts import predict
from tests.prove import scaled
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


@pytest.mark.django_db(transaction=True)
def test_a_forecast_that_cannot_be_recorded_is_not_made(
    client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_parameters = trail_services.event_parameters

    def too_long(**event: Any) -> dict[str, Any]:
        return event_parameters(**event) | {"event_reference": "x" * 100}

    # the database refuses the event
    monkeypatch.setattr("predictions.forecasts.recording.event_parameters", too_long)
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
    assert _contexts == {}


def test_outside_of_both_it_was_a_command(person: User) -> None:
    person.tiktok_accounts.get().weights.delete()
    update_weights(account_id=person.tiktok_accounts.get().pk)
    event = about(person)[0]
    assert (event.actor_kind, event.through) == ("shell", "shell")
    assert ": " in event.actor


def test_a_comparison_of_models_is_recorded(person: User) -> None:
    challenge(version=register(model=GlobalModel.prior(), metrics={}), by="a test")
    assert about(person)[0].what == "posts, to compare two models"


def test_work_over_everybody_is_recorded_once(person: User) -> None:
    ForecastErrorFactory()
    ForecastError.objects.update(features_version=0)
    before = len(about(person))
    check_drift()
    event = AccessEvent.objects.latest("pk")
    assert (event.subject, event.action) == ("", "read")
    assert event.what == "how far forecasts were from posts, to see drift, of 2 people at once"
    assert len(about(person)) == before
    trail_chain.seal()
    trail_chain.verify()
    pk = person.pk
    person.delete()
    assert not trail_selectors.events_about(pk, by_others=False)


def test_nothing_is_recorded_of_who_was_erased(person: User) -> None:
    pk = person.pk
    person.delete()
    trail_services.record(action=READ, subjects=[pk], what="anything")
    assert trail_selectors.pseudonym_of(pk) is None
    assert not AccessEvent.objects.filter(what="anything").exists()


# --- staff --------------------------------------------------------------------------------------------------------


def test_staff_are_recorded_by_name_and_reason(person: User, staff: Client) -> None:
    assert staff.get(reverse("admin:accounts_user_change", args=[person.pk])).status_code == 200
    event = about(person)[0]
    assert (event.actor_kind, event.actor, event.through) == ("staff", "sam", "admin")
    assert event.why == "ticket 4711, a forecast is off"


REFUSED_POSTS = {
    "an action that is not theirs": ("changelist", {"action": "delete_selected"}),
    "no action": ("changelist", {"action": ""}),
    "a change of what cannot be changed": ("change", {"username": "x"}),
}


@pytest.mark.parametrize(("page", "form"), REFUSED_POSTS.values(), ids=REFUSED_POSTS)
def test_a_post_of_staff_that_was_refused_is_told_as_refused(
    page: str, form: dict[str, str], person: User, client: Client
) -> None:
    support = StaffFactory(username="sue", is_superuser=False)
    support.groups.add(Group.objects.get(name="support"))
    enter_admin(client, support)
    arguments = [person.pk] if page == "change" else []
    client.post(reverse(f"admin:accounts_user_{page}", args=arguments), {**form, "_selected_action": str(person.pk)})
    assert about(person)[0].action == "refused"


def test_a_post_of_staff_with_errors_is_told_as_refused_and_another_as_a_change(person: User, staff: Client) -> None:
    address = reverse("admin:accounts_user_change", args=[person.pk])
    staff.post(address, {"is_active": "on", "groups": "0"})
    assert about(person)[0].action == "refused"
    staff.post(address, {"is_active": "on"})
    assert about(person)[0].action == "change"


def test_people_read_words_and_no_names_of_views(person: User, staff: Client, client: Client) -> None:
    staff.get(reverse("admin:accounts_user_changelist"))
    client.force_login(person)
    listed = client.get("/api/v1/privacy/access").json()["results"][0]
    assert listed["what"] == f"a list by staff: {table_of(User).category}"
    assert listed["sentence"] == "Staff of Postcast saw a list with: your sign-in"
    page = client.get("/your-data/access/?own=true").content.decode()
    assert "saw a list with: your sign-in" in page
    assert "accounts_user" not in page


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
def test_names_and_ids_stay_out_of_the_trail(identity: str) -> None:
    user = UserFactory()
    trail_services.record(
        action=READ, subjects=[user.pk], what=f"posts of {identity}.", why=f"ticket 5, {identity} asks why"
    )
    event = about(user)[0]
    assert (event.what, event.why) == ("posts of [removed].", "ticket 5, [removed] asks why")


def test_every_id_begins_with_a_declared_prefix() -> None:
    assert {field.default().partition("_")[0] for field in PUBLIC_IDS} == PREFIXES.keys()
    with pytest.raises(KeyError, match="'nope' is not declared"):
        public_id("nope")


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


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_the_trail_adds_less_than_a_millisecond_to_a_forecast(record_property: Any) -> None:
    """Side by side in each round, so that a busy machine slows both alike."""
    account = TikTokAccountFactory()
    history_of_posts(account, count=30, until=timezone.now())
    assert update_weights(account_id=account.pk)
    account.refresh_from_db()
    with mock.patch.object(recording, "INSERT_EVENTS", "SELECT 1 WHERE TRUE"):
        bare = recording._statement.__wrapped__()

    def without_event() -> str:
        return bare

    service: list[float] = []
    without: list[float] = []
    for _ in range(scaled(300)):
        started = time.perf_counter()
        predict(account)
        with mock.patch.object(recording, "_statement", without_event):
            between = time.perf_counter()
            predict(account)
            without.append((time.perf_counter() - between) * 1000)
        service.append((between - started) * 1000)
    # others only ever slow a round down: the fastest tenth of each tells what the trail itself takes
    undisturbed = statistics.quantiles(service, n=10)[0] - statistics.quantiles(without, n=10)[0]
    record_property("added to a forecast, ms, fastest tenths compared", round(undisturbed, 3))
    median = statistics.median(map(operator.sub, service, without))
    record_property("added to a forecast, ms, median of the differences", round(median, 3))
    record_property("a forecast with the trail, ms, median", round(statistics.median(service), 3))
    assert undisturbed < 1
