"""Retention: what is to be deleted is deleted, whatever dies meanwhile, and somebody notices when it is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.models import APIToken, Credential, TikTokAccount, User, WebhookDelivery
from posts.models import Observation, Post, Refresh
from predictions.models import DriftCheck, ForecastError, ForecastFailure
from privacy.consent.selectors import consenting
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.export import services as exporting
from privacy.models import DataExport, Erasure, ExportPart, RetentionRun, Through
from privacy.purposes import Purpose
from privacy.retention import purging
from privacy.retention import services as retention
from privacy.retention.purging import late_rules, purge_all, watch
from privacy.trail import selectors as trail
from tests.accounts import support
from tests.factories import (
    APITokenFactory,
    ForecastErrorFactory,
    ObservationFactory,
    PostFactory,
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
)
from tests.pages.conftest import connect
from tests.privacy.consent.text_versions import release
from tests.sandbox.client import SandboxProcess

pytestmark = pytest.mark.django_db


def ago(**time_ago: float) -> datetime:
    return timezone.now() - timedelta(**time_ago)


# --- rules ------------------------------------------------------------------------------------------------------------


def test_old_rows_go_and_young_ones_stay() -> None:
    for days in (91, 89):
        WebhookDelivery.objects.create(digest=str(days), event="e")
        WebhookDelivery.objects.filter(digest=str(days)).update(received_at=ago(days=days))
        ForecastFailure.objects.create(error=str(days))
        ForecastFailure.objects.filter(error=str(days)).update(at=ago(days=days))
    APITokenFactory(name="revoked", revoked_at=ago(days=31))
    APITokenFactory(name="expired", expires_at=ago(days=31))
    APITokenFactory(name="revoked of late", revoked_at=ago(days=29))
    APITokenFactory(name="in use")
    Session.objects.create(session_key="old", session_data="", expire_date=ago(minutes=1))
    Session.objects.create(session_key="new", session_data="", expire_date=ago(minutes=-1))
    removed = purge_all()
    assert list(WebhookDelivery.objects.values_list("digest", flat=True)) == ["89"]
    assert list(ForecastFailure.objects.values_list("error", flat=True)) == ["89"]
    assert set(APIToken.objects.values_list("name", flat=True)) == {"revoked of late", "in use"}
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert removed["accounts.APIToken.revoked_at"] == removed["sessions.Session.expire_date"] == 1
    assert sum(purge_all().values()) == 0


def test_an_old_refresh_goes_and_what_it_observed_stays() -> None:
    observation = ObservationFactory()
    refresh = Refresh.objects.create(account=observation.post.account, finished_at=ago(days=91), state="done")
    Observation.objects.update(refresh=refresh)
    running = Refresh.objects.create(account=observation.post.account)
    purge_all()
    assert list(Refresh.objects.all()) == [running]
    assert Observation.objects.get().refresh_id is None


def test_many_rows_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 3)
    for number in range(8):
        WebhookDelivery.objects.create(digest=str(number), event="e")
    WebhookDelivery.objects.update(received_at=ago(days=91))
    assert purge_all()["accounts.WebhookDelivery.received_at"] == 8


def test_a_run_that_died_is_followed_by_one_that_does_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 3)
    for number in range(8):
        WebhookDelivery.objects.create(digest=str(number), event="e")
    WebhookDelivery.objects.update(received_at=ago(days=91))
    delete, seen = QuerySet.delete, []

    def die_after_two(rows: Any) -> Any:
        seen.append(1)
        if len(seen) > 2:
            raise MemoryError
        return delete(rows)

    with monkeypatch.context() as dying:
        dying.setattr(QuerySet, "delete", die_after_two)
        assert "accounts.WebhookDelivery.received_at" not in purge_all()
    assert WebhookDelivery.objects.count() == 2
    assert purge_all()["accounts.WebhookDelivery.received_at"] == 2


def test_misses_and_checks_for_drift_go_and_alarms_stay() -> None:
    ForecastErrorFactory(due_at=ago(days=71))
    young = ForecastErrorFactory(due_at=ago(days=69))
    for days, verdict in ((91, "steady"), (91, "alarm"), (89, "steady")):
        DriftCheck.objects.create(checked_at=ago(days=days), verdict=verdict, posts=0, figures={}, features=[])
    removed = purge_all()
    assert list(ForecastError.objects.all()) == [young]
    assert sorted(DriftCheck.objects.values_list("verdict", flat=True)) == ["alarm", "steady"]
    assert removed["predictions.ForecastError.due_at"] == removed["predictions.DriftCheck.checked_at"] == 1


def test_a_copy_goes_when_it_can_be_fetched_no_more() -> None:
    export = exporting.request_export(user_id=UserFactory().pk)
    assert exporting.make(export_pk=export.pk)
    assert purge_all()["privacy.DataExport.expires_at"] == 0
    DataExport.objects.update(expires_at=ago(seconds=1))
    assert purge_all()["privacy.DataExport.expires_at"] == 1
    assert not ExportPart.objects.exists()


@pytest.mark.parametrize(("state", "becomes"), [("active", "lost"), ("revoked", "revoked")])
def test_keys_that_tiktok_has_ended_are_forgotten(state: str, becomes: str) -> None:
    """After a withdrawal nobody tries to renew them, and so nobody would find out."""
    for days in (2, -2):
        account = TikTokAccountFactory()
        connect(account, state=state)
        held = {"sealed_access_token": b"sealed", "sealed_refresh_token": b"sealed"}
        Credential.objects.filter(account=account).update(refresh_expires_at=ago(days=days), **held)
    assert purge_all()["keys that TikTok has ended"] == 1
    ended, valid = Credential.objects.order_by("refresh_expires_at")
    assert (bytes(ended.sealed_access_token), bytes(ended.sealed_refresh_token), ended.state) == (b"", b"", becomes)
    assert (bytes(valid.sealed_refresh_token), valid.state) == (b"sealed", state)


def test_rows_that_stay_past_their_day_raise_an_alarm() -> None:
    post = PostFactory()
    StaffFactory()
    User._base_manager.filter(is_staff=True).update(retain_until=ago(days=400))
    Post._base_manager.update(retain_until=ago(days=6))
    assert purge_all()["rows past their last day"] == 0
    Post._base_manager.filter(pk=post.pk).update(retain_until=ago(days=8))
    assert "rows past their last day" not in purge_all()
    assert RetentionRun.objects.latest("pk").error == "KeptTooLong"


def test_a_person_is_told_once_of_what_was_deleted_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    user, other = UserFactory(), UserFactory()
    for _ in range(5):
        APITokenFactory(user=user, revoked_at=ago(days=31))
    APITokenFactory(user=other, revoked_at=ago(days=29))
    DataExport.objects.create(user=user, state=DataExport.State.READY, expires_at=ago(minutes=1))
    purge_all()
    told = trail.events_about(user.pk, by_others=True).filter(action="change").values_list("what", flat=True)
    assert list(told) == ["data exports, deleted as it was time", "API tokens, deleted as it was time"]
    assert not trail.events_about(other.pk, by_others=True).filter(action="change").exists()


def test_that_data_is_kept_for_longer_is_recorded_where_it_is() -> None:
    account = TikTokAccountFactory()
    retain_until = ago(days=-300)
    TikTokAccount.objects.update(retain_until=retain_until)
    assert retention.extend(user_id=account.user_id) > 0
    assert retention.extend(user_id=account.user_id) == 0
    events = trail.events_about(account.user_id, by_others=True).filter(action="change")
    assert [event.what for event in events] == ["how long data is kept, after a sign-in"]


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_year_without_a_sign_in_ends_in_erasure() -> None:
    gone: User = UserFactory(last_login=ago(days=366))
    off: User = UserFactory(last_login=ago(days=366), is_active=False)
    UserFactory(last_login=ago(days=364))
    StaffFactory(last_login=ago(days=400))
    UserFactory(last_login=None, date_joined=ago(days=10))
    purge_all()
    erasures = Erasure.objects.order_by("user_id").values_list("user_id", "reason")
    assert list(erasures) == [(gone.pk, "retention"), (off.pk, "retention")]
    assert purge_all()["erasures asked for: inactive people"] == 0
    assert Erasure.objects.count() == 2


def test_a_month_without_consent_ends_in_erasure() -> None:
    gone, back, undecided = UserFactory(is_active=False), UserFactory(), UserFactory(consents=())
    people = User.objects.filter(pk__in=[gone.pk, back.pk, undecided.pk])
    people.update(date_joined=ago(days=50))
    for user in (gone, back):
        disagree(user, Purpose.SERVICE)
        user.consents.update(withdrawn_at=ago(days=31))
    agree(back, Purpose.SERVICE)
    purge_all()
    assert set(Erasure.objects.values_list("user_id", flat=True)) == {gone.pk, undecided.pk}
    assert back.pk in consenting(Purpose.SERVICE)


def away_too_long() -> User:
    user: User = UserFactory(last_login=ago(days=366))
    return user


def without_consent_too_long() -> User:
    user: User = UserFactory(last_login=ago(days=1))
    disagree(user, Purpose.SERVICE)
    user.consents.update(withdrawn_at=ago(days=31))
    User.objects.filter(pk=user.pk).update(date_joined=ago(days=50))
    return user


def sign_in(user: User) -> None:
    Client().force_login(user)


@pytest.mark.parametrize(
    ("lapse", "come_back"),
    [(away_too_long, sign_in), (without_consent_too_long, lambda user: agree(user, Purpose.SERVICE))],
)
def test_coming_back_before_the_erasure_begins_cancels_it(lapse: Any, come_back: Any) -> None:
    user = lapse()
    purge_all()
    [erasure] = Erasure.objects.all()
    come_back(user)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.user_id) == ("cancelled", None)
    assert erasing.resume_due() == []
    assert not erasure_running.run(erasure_pk=erasure.pk)
    assert trail.events_about(user.pk, by_others=False).filter(what="erasure cancelled: they came back").count() == 1
    assert sum(purge_all().values()) == 0


@pytest.mark.parametrize("come_back", [sign_in, lambda user: agree(user, Purpose.DRAFTS)])
def test_an_erasure_for_another_reason_goes_on(come_back: Any) -> None:
    gone, asked = without_consent_too_long(), UserFactory()
    purge_all()
    erasing.request_erasure(user_id=asked.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    for user in (gone, asked):
        come_back(user)
    assert set(Erasure.objects.values_list("state", "user_id")) == {("waiting", gone.pk), ("waiting", asked.pk)}


def test_the_reason_is_looked_at_once_more_when_it_begins() -> None:
    """A sign-in whose signal was lost, or that comes as the erasure is about to begin."""
    user = away_too_long()
    purge_all()
    User.objects.update(last_login=timezone.now())
    assert not erasure_running.run(erasure_pk=Erasure.objects.get().pk)
    assert User.objects.get() == user
    assert Erasure.objects.get().state == "cancelled"


def test_staying_away_ends_in_erasure() -> None:
    away_too_long()
    purge_all()
    assert erasure_running.run(erasure_pk=Erasure.objects.get().pk)
    assert not User.objects.exists()


def test_an_unanswered_new_text_leaves_the_twelve_months(own_texts: None) -> None:
    user = UserFactory(last_login=ago(days=300), date_joined=ago(days=300))
    user.consents.update(given_at=ago(days=300))
    release(Purpose.SERVICE)
    purge_all()
    assert not Erasure.objects.exists()


def test_pages_and_api_warn_from_the_ninth_month_and_a_sign_in_ends_that(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    User.objects.update(last_login=ago(days=300))
    assert "You have not signed in for a long time" in client.get("/posts/").content.decode()
    told = datetime.fromisoformat(client.get("/api/v1/me/").json()["erased_after"])
    assert timedelta(days=64) < told - timezone.now() < timedelta(days=66)
    client.force_login(account.user)
    assert "You have not signed in for a long time" not in client.get("/posts/").content.decode()


def test_a_browser_warns_from_the_ninth_month_whoever_is_signed_out_by_then(sandbox: SandboxProcess) -> None:
    """Through TikTok's page, and by the clock: sessions end after a month, so that nobody is signed in to be warned."""
    browser, says = Client(), "Nobody has signed in with this browser for a long time"
    support.sign_in(browser, support.creators(sandbox)[0])
    assert browser.cookies["last-sign-in"]["httponly"]
    signed_in_at = timezone.now()
    for days, warned in ((0, False), (270, False), (280, True), (364, True), (368, False)):
        with time_machine.travel(signed_in_at + timedelta(days=days)):
            if days:
                assert browser.get("/posts/").status_code == 302
            for page in ("/", "/sign-in/", "/privacy/"):
                assert (says in browser.get(page).content.decode()) == (warned and days > 0), (page, days)
    with time_machine.travel(signed_in_at + timedelta(days=280)):
        assert says not in Client().get("/").content.decode()
        browser.force_login(User.objects.get())
        assert says not in browser.get("/privacy/").content.decode()


def test_the_browser_learns_a_day_and_no_name_and_takes_no_other(sandbox: SandboxProcess) -> None:
    browser = Client()
    support.sign_in(browser, support.creators(sandbox)[0])
    assert browser.cookies["last-sign-in"].value.split(":")[0] == timezone.now().date().isoformat()
    browser.cookies["last-sign-in"] = f"{ago(days=300).date()}:made-up:signature"
    browser.post("/accounts/logout/")
    assert "Nobody has signed in" not in browser.get("/").content.decode()


# --- reported ---------------------------------------------------------------------------------------------------------


def test_every_run_is_reported_and_one_that_fails_keeps_no_other_from_running(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: datetime) -> int:
        raise OSError("no such table")

    monkeypatch.setattr(purging, "_erase_inactive", fail)
    purge_all()
    failed = RetentionRun.objects.exclude(error="")
    assert list(failed.values_list("rule", "error", "finished_at")) == [
        ("erasures asked for: inactive people", "OSError", None)
    ]
    assert RetentionRun.objects.filter(error="").count() == len(purging.rules()) - 1
    assert "retention_failed" in caplog.text


def test_a_late_rule_raises_an_alarm(caplog: pytest.LogCaptureFixture, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a token of sixteen characters"
    purge_all()
    assert watch() == []
    RetentionRun.objects.filter(rule="erasures asked for: inactive people").update(finished_at=ago(hours=4))
    assert watch() == late_rules() == ["erasures asked for: inactive people"]
    assert "retention_late" in caplog.text
    metrics = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()
    assert "postcast_retention_late_rules 1.0" in metrics
