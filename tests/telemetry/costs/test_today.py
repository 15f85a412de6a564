"""Today's cost: counted from the database, shown to operators and to Prometheus."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posts.models import Refresh
from predictions.models import Prediction
from telemetry.costs.today import today
from tests.factories import ObservationFactory, PredictionFactory, StaffFactory, TikTokAccountFactory, enter_admin

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12, minute=0)


def counts() -> dict[str, int]:
    return {line.name: line.count for line in today(NOON).lines}


def test_work_since_midnight_is_counted() -> None:
    PredictionFactory()
    yesterday = PredictionFactory()
    Prediction.objects.update(created_at=NOON)
    Prediction.objects.filter(pk=yesterday.pk).update(created_at=NOON - timedelta(hours=13))
    Refresh.objects.create(account=TikTokAccountFactory(), started_at=NOON)
    ObservationFactory(observed_at=NOON, scheduled_age_h=1, post__posted_at=NOON - timedelta(hours=1))
    ObservationFactory(observed_at=NOON, post__posted_at=NOON - timedelta(hours=1))  # by a refresh
    assert counts() == {"forecast": 1, "refresh": 1, "observation": 1, "learning": 0}


def test_forecasts_add_to_the_fixed_cost() -> None:
    assert today(NOON).dollars == today(NOON).fixed > 0


def test_forecasts_cost_something() -> None:
    PredictionFactory()
    Prediction.objects.update(created_at=NOON)
    assert today(NOON).dollars > today(NOON).fixed


def test_operators_see_the_estimate_beside_the_budget(client: Client, settings) -> None:
    settings.DAILY_BUDGET_USD = 1_000_000.0
    page = enter_admin(client, StaffFactory()).get(reverse("admin:telemetry_costs")).content.decode()
    assert "of $1000000.00" in page
    assert "Over the budget" not in page
    settings.DAILY_BUDGET_USD = 0.01
    assert "Over the budget" in client.get(reverse("admin:telemetry_costs")).content.decode()


def test_others_do_not_see_it(client: Client) -> None:
    assert client.get(reverse("admin:telemetry_costs")).status_code == 302
    staff = enter_admin(client, StaffFactory(is_superuser=False))
    assert staff.get(reverse("admin:telemetry_costs")).status_code == 403


def test_prometheus_sees_estimate_and_budget(client: Client, settings) -> None:
    settings.METRICS_TOKEN, settings.DAILY_BUDGET_USD = "a-long-enough-token", 12.5
    text = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"}).content.decode()
    assert "postcast_cost_budget_dollars 12.5" in text
    assert f"postcast_cost_today_dollars {today(timezone.now()).dollars:.3f}"[:-2] in text
