"""Today's cost in the metrics."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from prometheus_client import Gauge

from telemetry.costs.today import today
from telemetry.signals import metrics_scraped

TODAY = Gauge(
    "postcast_cost_today_dollars",
    "Today's cost, estimated from the work that was done; above the budget is an alarm.",
    multiprocess_mode="mostrecent",
)
BUDGET = Gauge("postcast_cost_budget_dollars", "DAILY_BUDGET_USD.", multiprocess_mode="mostrecent")


@receiver(metrics_scraped)
def show_cost(**_: Any) -> None:
    """Set the gauges."""
    estimate = today(timezone.now())
    TODAY.set(estimate.dollars)
    BUDGET.set(estimate.budget)
