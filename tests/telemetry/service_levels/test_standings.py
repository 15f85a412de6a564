"""Counts behind the service levels: what is late, and how it is exported."""

import time
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Credential
from posts.ingest.selectors import punctuality
from posts.models import Observation, Post
from predictions.learning.selectors import freshness_of_weights
from predictions.learning.services import update_weights
from predictions.models import Outcome
from predictions.outcomes.selectors import coverage
from privacy.erasure.selectors import erasures_on_time
from privacy.models import Erasure
from telemetry.service_levels import gauges
from telemetry.service_levels.gauges import Standing
from telemetry.service_levels.levels import LEVELS
from telemetry.tasks import relay_outbox
from tests.factories import ObservationFactory, OutcomeFactory, PostFactory, TikTokAccountFactory, history_of_posts

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_weights_are_late_ten_minutes_after_the_posts_changed() -> None:
    account = TikTokAccountFactory()
    history_of_posts(account, count=3, until=NOW)
    TikTokAccountFactory()  # without posts there is nothing to learn
    account.posts_change.refresh_from_db()
    changed_at = account.posts_change.changed_at
    assert freshness_of_weights(changed_at + 9 * MINUTE) == Standing(1, 0)
    assert freshness_of_weights(changed_at + 11 * MINUTE) == Standing(1, 1)
    assert update_weights(account_id=account.pk)
    assert freshness_of_weights(timezone.now() + 11 * MINUTE) == Standing(1, 0)


def _post(age: timedelta, **changes: object) -> Post:
    account = TikTokAccountFactory(connected_at=NOW - timedelta(days=30), **changes)
    Credential.objects.create(
        account=account,
        version=1,
        state=Credential.State.ACTIVE,
        scopes=["video.list"],
        sealed_access_token=b"",
        sealed_refresh_token=b"",
        access_expires_at=NOW,
        refresh_expires_at=NOW,
    )
    return PostFactory(account=account, posted_at=NOW - age, likes_by_hour={})


def _observed(post: Post, age: timedelta) -> Observation:
    return ObservationFactory(post=post, observed_at=post.posted_at + age, scheduled_age_h=24)


def test_an_observation_is_late_half_an_hour_after_24_hours() -> None:
    _observed(_post(30 * HOUR), 24 * HOUR + 29 * MINUTE)
    _observed(_post(30 * HOUR), 24 * HOUR + 31 * MINUTE)
    _post(30 * HOUR)  # never
    _post(24 * HOUR + 20 * MINUTE)  # there is time
    _post(60 * HOUR)  # of earlier days
    _post(30 * HOUR, disconnected_at=NOW)
    assert punctuality(NOW) == Standing(3, 2)


def test_posts_of_before_the_account_was_connected_were_never_due() -> None:
    post = _post(30 * HOUR)
    post.account.connected_at = NOW - HOUR
    post.account.save()
    assert punctuality(NOW) == Standing(0, 0)


@pytest.mark.parametrize(
    ("state", "due", "took", "standing"),
    [
        ("done", 48 * HOUR, 25 * HOUR, (1, 0)),
        ("done", 48 * HOUR, 26 * HOUR, (1, 1)),
        ("running", 26 * HOUR, None, (1, 1)),
        ("running", 24 * HOUR, None, (0, 0)),
        ("waiting", -HOUR, None, (0, 0)),
        ("cancelled", 48 * HOUR, None, (0, 0)),
        ("done", 24 * 9 * HOUR, 26 * HOUR, (0, 0)),
    ],
)
def test_an_erasure_is_late_after_25_hours(
    state: str, due: timedelta, took: timedelta | None, standing: tuple[int, int]
) -> None:
    due_at = NOW - due
    finished_at: datetime | None = due_at + took if took else None
    Erasure.objects.create(
        whole=True, reason="person", through="page", due_at=due_at, state=state, finished_at=finished_at
    )
    assert erasures_on_time(NOW) == Standing(*standing)


def test_coverage_counts_measured_outcomes_of_seven_days() -> None:
    for within in (True, True, False):
        OutcomeFactory(within_interval=within, label="measured")
    OutcomeFactory(within_interval=False, label="estimated")
    old = OutcomeFactory(within_interval=False, label="measured")
    Outcome.objects.filter(pk=old.pk).update(met_at=timezone.now() - timedelta(days=8))
    assert coverage(timezone.now()) == Standing(3, 1)


def test_every_level_that_is_counted_is_exported(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"
    text = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"}).content.decode()
    for level in LEVELS:
        if "postcast_level_" in level.bad:
            assert f'postcast_level_items{{level="{level.name}"}} 0.0' in text
            assert f'postcast_level_late{{level="{level.name}"}} 0.0' in text
    assert "postcast_kept_free_ratio 0." in text


@given(first=st.integers(0, 10**6), second=st.integers(0, 10**6))
def test_a_count_is_shared_for_a_minute(first: int, second: int) -> None:
    cache.clear()
    gauges.show("weights", lambda _: Standing(first, 0))
    gauges.show("weights", lambda _: Standing(second, 0))
    assert gauges.ITEMS.labels("weights")._value.get() == first


def test_the_task_that_beat_starts_is_its_heartbeat(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"

    def shown() -> float:
        text = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"}).content.decode()
        [line] = [line for line in text.splitlines() if line.startswith("postcast_beat_heartbeat")]
        return float(line.split()[1])

    assert shown() == 0
    relay_outbox()
    assert abs(shown() - time.time()) < 60
