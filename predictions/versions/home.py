"""The serving model on the staff's home page."""

from datetime import datetime, timedelta

from django.urls import reverse

from predictions.models import ForecastFailure, ModelEvent, ModelVersion
from predictions.versions.registry import PRIOR_NAME
from predictions.versions.selectors import canaries, champions, prefetch_versions
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago, percent

LATELY = timedelta(days=1)
FEWEST_FAILURES = 3


@panel(permission="predictions.view_modelversion", place=35)
def serving_model(now: datetime) -> Panel:
    """Tell which model serves, since when, and what was decided last."""
    page = reverse("admin:predictions_modelversion_changelist")
    serving = list(champions() | canaries())
    champion = next((version for version in serving if version.role == ModelVersion.Role.CHAMPION), None)
    canary = next((version for version in serving if version.canary_share), None)
    latest = ModelEvent.objects.prefetch_related(prefetch_versions("to_version")).first()
    failed = ForecastFailure.objects.filter(at__gt=now - LATELY).count()
    alarms = []
    if failed >= FEWEST_FAILURES:
        sentence = "The model raised errors while forecasting or learning in the last day."
        alarms.append(Alarm(Urgency.NOW, sentence, f"{failed:,} failures", page, "Look at the models, roll back"))
    lines = [Line("Serving", champion.name if champion else f"the {PRIOR_NAME}")]
    if canary is not None:
        lines.append(Line("On canary", f"{canary.name}, {percent(canary.canary_share)} of accounts"))
    if latest is not None:
        decided = f"{latest.to_version or PRIOR_NAME} {latest.get_kind_display().lower()}"
        lines.append(Line("Last decision", f"{decided}, {ago(latest.at, now)}"))
    lines.append(Line("Failures in a day", f"{failed:,}", is_bad=bool(alarms)))
    return Panel("Model", lines, alarms, links=[Link("Models: compare, promote, roll back", page)])
