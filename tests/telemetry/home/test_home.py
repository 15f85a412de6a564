"""The staff's home page: calm when all is well, one click from what is on fire when it is not."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from posts.models import Refresh
from predictions.models import DriftCheck, ForecastFailure, Outcome
from predictions.monitoring.home import FEWEST_POSTS
from privacy.models import DataExport, Erasure, RetentionRun
from telemetry.home import panels
from telemetry.home.panels import Panel, home_of
from telemetry.models import Endpoint, FailedTask, OutboxMessage, RouteDay
from telemetry.service_levels import heartbeat
from tests.factories import (
    FeedbackFactory,
    OutcomeFactory,
    PredictionFactory,
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    verify,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ALARM = re.compile(r'class="alarm__words">([^<]+)<.*?class="alarm__link" href="([^"]+)"', re.DOTALL)


@pytest.fixture(autouse=True)
def beat_lives() -> None:
    cache.clear()
    heartbeat.note()


def visit(*roles: str) -> str:
    """The home page as a member of staff with these roles sees it, without a reason; as a superuser without any."""
    staff = StaffFactory(is_superuser=not roles)
    staff.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    verify(client, staff)
    return client.get("/admin/").content.decode()


def alarms_on(page: str) -> dict[str, str]:
    """Sentence -> address."""
    return {words.strip(): url for words, url in ALARM.findall(page)}


def requests_of(days_ago: int, *, requests: int, failed: int, p95: int = 45_000) -> None:
    endpoint, _ = Endpoint.objects.get_or_create(route="api/v1/predict", method="POST")
    RouteDay.objects.create(
        day=NOW.date() - timedelta(days=days_ago), endpoint=endpoint, requests=requests, refused=0, failed=failed,
        people=3, p50=12_000, p95=p95, p99=80_000,
    )  # fmt: skip


def results_of(*, days_ago: int, typical: float, within: bool) -> None:
    """As many results of 200 likes as a week needs to be judged."""
    prediction = PredictionFactory(typical=typical, baseline=200.0)
    post = OutcomeFactory(prediction=prediction, likes=200.0, within_interval=within).post
    predictions = [
        PredictionFactory(account=post.account, typical=typical, baseline=150.0) for _ in range(FEWEST_POSTS)
    ]
    Outcome.objects.bulk_create(
        OutcomeFactory.build(prediction=each, post=post, likes=200.0, within_interval=within) for each in predictions
    )
    Outcome.objects.filter(prediction__typical=typical).update(met_at=NOW - timedelta(days=days_ago))


def erasure_due(ago: timedelta) -> Erasure:
    erasure: Erasure = Erasure.objects.create(
        user_id=UserFactory().pk, whole=True, reason="person", through="page", due_at=NOW - ago, state="running"
    )
    return erasure


def test_a_calm_day_needs_nobody() -> None:
    requests_of(0, requests=1_000, failed=0)
    erasure_due(timedelta(hours=2))
    page = visit()
    assert "Nothing needs you." in page
    assert alarms_on(page) == {}
    assert "This could not be read" not in page
    for title in ("Requests today", "Quality of forecasts", "Drift", "Service levels", "Cost today", "Feedback inbox"):
        assert f">{title}</h2>" in page


def test_a_bad_day_is_one_click_from_where_it_can_be_acted_upon(django_capture_on_commit_callbacks) -> None:
    requests_of(1, requests=1_000, failed=0)
    requests_of(0, requests=1_000, failed=90, p95=900_000)
    cache.delete(heartbeat.KEY)
    FailedTask.objects.create(task_id="t", task="posts.tasks.x", queue="outside", tries=3, error="ValueError")
    OutboxMessage.objects.create(task="posts.tasks.x")
    OutboxMessage.objects.update(created_at=NOW - timedelta(minutes=20))
    results_of(days_ago=14, typical=190.0, within=True)
    results_of(days_ago=1, typical=900.0, within=False)
    DriftCheck.objects.create(
        checked_at=NOW, verdict="alarm", posts=900, changed_since=NOW - timedelta(days=3), reason="drift: bias"
    )
    ForecastFailure.objects.bulk_create(ForecastFailure(error="ValueError") for _ in range(3))
    late = erasure_due(timedelta(hours=30))
    DataExport.objects.create(user=UserFactory())
    DataExport.objects.update(requested_at=NOW - timedelta(hours=3))
    RetentionRun.objects.create(rule="drafts", started_at=NOW, error="KeptTooLong")
    account = TikTokAccountFactory()
    Refresh.objects.bulk_create(Refresh(account=account, state=Refresh.State.FAILED) for _ in range(5))
    complaint = FeedbackFactory(text="nobody is there in winter")
    type(complaint).objects.update(updated_at=NOW - timedelta(days=4))
    page = visit()
    found = alarms_on(page)
    for words, url in {
        "90 of 1,000 requests failed today": "/admin/telemetry/routeday/",
        "Forecasts are slow": "/admin/telemetry/routeday/",
        "Background work stands still": "/admin/telemetry/failedtask/",
        "Tasks failed for good": "/admin/telemetry/failedtask/?state__exact=open",
        "Messages to workers are not sent": "/admin/telemetry/outboxmessage/",
        "The model got worse": "/admin/predictions/modelversion/",
        "A moving average forecasts better": "/admin/predictions/modelversion/",
        "The model raised errors": "/admin/predictions/modelversion/",
        "Forecasts miss otherwise": "/admin/predictions/driftcheck/",
        "An erasure is late": "/admin/privacy/erasure/desk/",
        "A person waits for a copy": "/admin/privacy/erasure/desk/",
        "Data is not deleted in time": "/admin/privacy/retentionrun/",
        "Many refreshes fail": "/admin/posts/refresh/?state__exact=failed",
        "People said that a forecast was wrong": "/admin/predictions/feedback/?state=open",
    }.items():
        assert [address for sentence, address in found.items() if sentence.startswith(words)] == [url], words
    assert list(found) == sorted(found, key=lambda sentence: page.index(sentence))
    first = min(page.index("Background work stands still"), page.index("90 of 1,000"))
    assert first < page.index("Tasks failed for good") < page.index("People said that a forecast")
    # nobody's row is shown before a reason was given
    for secret in (late.public_id, account.public_id, complaint.text, complaint.prediction.public_id):
        assert secret not in page


def test_staff_see_the_panels_of_their_task_alone() -> None:
    erasure_due(timedelta(hours=30))
    FailedTask.objects.create(task_id="t", task="posts.tasks.x", queue="outside", tries=3, error="ValueError")
    titles = {
        "operator": ("Queues and failed tasks", "Cost today", "Model", "Reading TikTok", "Retention and trail"),
        "analyst": ("Requests today", "Quality of forecasts", "Drift", "Service levels", "Model"),
        "support": ("People", "Forecasts", "Feedback inbox", "Reading TikTok"),
        "privacy officer": ("People", "Erasures and copies", "Retention and trail"),
    }
    every = {title for some in titles.values() for title in some}
    for role, shown in titles.items():
        page = visit(role)
        seen = {title for title in every if f">{title}</h2>" in page}
        assert seen >= set(shown), role
        assert ("Erasures and copies" in seen) is (role == "privacy officer")
        assert any("erasure is late" in words for words in alarms_on(page)) is (role == "privacy officer")
        assert any("failed for good" in words for words in alarms_on(page)) is (role == "operator")


def test_a_panel_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(now: object) -> Panel:
        raise RuntimeError

    kept = [panels._Registered(1, "telemetry.view_routeday", broken), *panels._registered]
    monkeypatch.setattr(panels, "_registered", kept)
    home = home_of(StaffFactory(), NOW)
    assert home.panels[0].is_missing
    assert not any(panel.is_missing for panel in home.panels[1:])
