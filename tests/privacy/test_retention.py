"""Retention: what is to be deleted is deleted, whatever dies meanwhile, and somebody notices when it is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.models import APIToken, TikTokAccount, User, WebhookDelivery
from posts.models import Observation, Refresh
from predictions.models import ForecastFailure
from privacy import exporting, purging, retention, trail
from privacy.consent import consenting
from privacy.models import DataExport, Erasure, RetentionRun
from privacy.purging import late_rules, purge_all, watch
from privacy.purposes import Purpose
from tests.factories import (
    APITokenFactory,
    ObservationFactory,
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
)

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
        with pytest.raises(MemoryError):
            purging._purge_table(WebhookDelivery, "received_at", ago(days=90))
    assert WebhookDelivery.objects.count() == 2
    assert purging._purge_table(WebhookDelivery, "received_at", ago(days=90)) == 2


def test_a_person_is_told_once_of_what_was_deleted_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    user, other = UserFactory(), UserFactory()
    for _ in range(5):
        APITokenFactory(user=user, revoked_at=ago(days=31))
    APITokenFactory(user=other, revoked_at=ago(days=29))
    DataExport.objects.create(user=user, state=DataExport.State.READY, expires_at=ago(minutes=1))
    purge_all()
    exporting.purge_expired()
    told = trail.events_about(user.pk, by_others=True).filter(action="change").values_list("what", flat=True)
    assert list(told) == ["copies of data, deleted as it was time", "API tokens, deleted as it was time"]
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


def test_who_has_not_signed_in_for_a_year_is_erased() -> None:
    gone: User = UserFactory(last_login=ago(days=366))
    off: User = UserFactory(last_login=ago(days=366), is_active=False)
    UserFactory(last_login=ago(days=364))
    StaffFactory(last_login=ago(days=400))
    UserFactory(last_login=None, date_joined=ago(days=10))
    purge_all()
    erasures = Erasure.objects.order_by("user_id").values_list("user_id", "reason")
    assert list(erasures) == [(gone.pk, "retention"), (off.pk, "retention")]
    purge_all()
    assert Erasure.objects.count() == 2


def test_who_took_their_consent_back_a_month_ago_is_erased() -> None:
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


def test_pages_and_api_warn_from_the_ninth_month_and_a_sign_in_ends_that(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    User.objects.update(last_login=ago(days=300))
    assert "You have not signed in for a long time" in client.get("/posts/").content.decode()
    told = datetime.fromisoformat(client.get("/api/v1/me/").json()["erased_after"])
    assert timedelta(days=64) < told - timezone.now() < timedelta(days=66)
    client.force_login(account.user)
    assert "You have not signed in for a long time" not in client.get("/posts/").content.decode()


# --- reported ---------------------------------------------------------------------------------------------------------


def test_every_run_is_reported_and_one_that_fails_keeps_no_other_from_running(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: datetime) -> int:
        raise OSError("no such table")

    monkeypatch.setattr(purging, "_erase_inactive", fail)
    purge_all()
    failed = RetentionRun.objects.exclude(error="")
    assert list(failed.values_list("rule", "error", "finished_at")) == [("inactive people", "OSError", None)]
    assert RetentionRun.objects.filter(error="").count() == len(purging.rules()) - 1
    assert "retention_failed" in caplog.text


def test_a_late_rule_raises_an_alarm(caplog: pytest.LogCaptureFixture, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a token of sixteen characters"
    purge_all()
    assert watch() == []
    RetentionRun.objects.filter(rule="inactive people").update(finished_at=ago(hours=4))
    assert watch() == late_rules() == ["inactive people"]
    assert "retention_late" in caplog.text
    metrics = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()
    assert "postcast_retention_late_rules 1.0" in metrics
