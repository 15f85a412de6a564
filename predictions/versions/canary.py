"""The watch over a canary: it ends when it fails more often, or answers more slowly, than the champion.

Failures of both models are counted over the same recent time; latencies over as many forecasts, as the champion gives
none while a canary serves everybody.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.utils import timezone

from predictions.models import ForecastFailure, ModelEvent, ModelVersion, Prediction
from predictions.versions.selectors import canaries, champion_id
from predictions.versions.services import end_canary

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=30)
MIN_FAILURES = 3
FAILURE_MARGIN = 0.02
"""A canary ends with at least MIN_FAILURES within WINDOW, if its failure rate exceeds the champion's by this much."""

MIN_FORECASTS = 100
SLOWER = 1.5
SLOWER_MS = 5.0
"""A canary ends when the 90th percentile of its latency exceeds the champion's by this factor and by this much.
The first request of each worker loads the model: of MIN_FORECASTS, those are fewer than one in ten."""

_LATENCIES = 2_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """A version's forecasts and failures within the window, and the 90th percentile of its latest latencies."""

    forecasts: int
    failures: int
    p90_ms: float | None

    @property
    def failure_rate(self) -> float:
        """Share of its requests that it failed, 0 without any."""
        return self.failures / max(self.forecasts + self.failures, 1)


def record_failure(version_id: int | None, error: Exception) -> None:
    """Record that a model raised, and end the canary at once if it fails repeatedly."""
    log.exception("model_failed", version_id=version_id, exc_info=error)
    ForecastFailure.objects.create(model_version_id=version_id, error=type(error).__name__)
    watch_canary()


def watch_canary(*, now: datetime | None = None) -> ModelVersion | None:
    """End the canary if it fails more often or answers more slowly than the champion; return the ended version."""
    now = now or timezone.now()
    canary = canaries().first()
    if canary is None:
        return None
    started = ModelEvent.objects.filter(kind=ModelEvent.Kind.CANARY_STARTED, to_version=canary).latest("id").at
    since = max(started, now - WINDOW)
    theirs, ours = _traffic(canary.pk, since, timed_since=started), _traffic(champion_id(), since)
    reason = _reason_to_end(theirs, ours)
    if reason is None:
        return None
    return end_canary(by="canary watch", reason=reason, figures={"canary": asdict(theirs), "champion": asdict(ours)})


def _reason_to_end(canary: Traffic, champion: Traffic) -> str | None:
    if canary.failures >= MIN_FAILURES and canary.failure_rate > champion.failure_rate + FAILURE_MARGIN:
        return (
            f"It failed in {canary.failure_rate:.1%} of {canary.forecasts + canary.failures} forecasts, "
            f"the champion in {champion.failure_rate:.1%}."
        )
    if canary.p90_ms is None or champion.p90_ms is None:
        return None
    if canary.p90_ms > max(champion.p90_ms * SLOWER, champion.p90_ms + SLOWER_MS):
        return f"Nine in ten of its forecasts took up to {canary.p90_ms} ms, the champion's {champion.p90_ms} ms."
    return None


def _traffic(version_id: int | None, since: datetime, *, timed_since: datetime | None = None) -> Traffic:
    predictions = Prediction.objects.filter(model_version=version_id)
    failures = ForecastFailure.objects.filter(model_version=version_id, at__gte=since).count()
    timed = predictions.filter(created_at__gte=timed_since) if timed_since else predictions
    latencies = list(timed.order_by("-created_at").values_list("latency_ms", flat=True)[:_LATENCIES])
    p90 = round(float(np.quantile(latencies, 0.9)), 1) if len(latencies) >= MIN_FORECASTS else None
    return Traffic(predictions.filter(created_at__gte=since).count(), failures, p90)
