"""A canary: a challenger gives the forecasts of a share of accounts, and loses that again if it fails or is slow.

Which accounts is decided in the database (`selectors.CANARY_ID`). Failures are rows, requests and latencies are those
of the recorded predictions. Failures of both models are looked at over the same recent time, latencies over as many
forecasts: the champion of a canary that serves everybody gives none.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.db import transaction
from django.utils import timezone

from predictions.forgetting import MAY_NOT_SERVE, learned_from_forgotten
from predictions.models import ForecastFailure, ModelEvent, ModelVersion, Prediction
from predictions.registry import RefusedArtefact, end_canary, load, lock_versions

log = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=30)
MIN_FAILURES = 3
FAILURE_MARGIN = 0.02
"""A canary ends with this many failures whose rate exceeds the champion's by this much."""

MIN_FORECASTS = 100
SLOWER = 1.5
SLOWER_MS = 5.0
"""A canary ends when the latency that nine requests in ten keep is this many times the champion's, and this much more.
The first request of each worker loads the model: with so many forecasts, those are fewer than one in ten."""

_LATENCIES = 2_000


class CannotStartCanary(Exception):
    """Nothing was changed; the message says why, in a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a version did within the window, and the latency that nine in ten of its latest forecasts kept."""

    forecasts: int
    failures: int
    p90_ms: float | None

    @property
    def failure_rate(self) -> float:
        """Share of its requests that it failed, 0 without any."""
        return self.failures / max(self.forecasts + self.failures, 1)


def start_canary(*, version: ModelVersion, share: float, by: str) -> None:
    """Let the version serve that share (0..1) of accounts from their next forecast on; also changes a running share.

    Accounts that it serves with a smaller share stay with it when that is raised. Raises CannotStartCanary.
    """
    if not 0 < share <= 1:
        raise CannotStartCanary(f"The share is {share}; expected more than 0 and at most 1, e.g. 0.05.")
    with transaction.atomic():
        versions = lock_versions()
        version = next(v for v in versions if v.pk == version.pk)
        champion = next((v for v in versions if v.role == ModelVersion.Role.CHAMPION), None)
        running = next((v for v in versions if v.canary_share > 0), None)
        if version == champion:
            raise CannotStartCanary(f"{version.name} is the champion: it serves everybody already.")
        if running not in {None, version}:
            raise CannotStartCanary(f"{running} is on canary; end that first.")
        if learned_from_forgotten(version):
            raise CannotStartCanary(f"{version} {MAY_NOT_SERVE}")
        try:
            load(version)
        except RefusedArtefact as error:
            raise CannotStartCanary(str(error)) from error
        version.role, version.canary_share = ModelVersion.Role.CHALLENGER, share
        version.save(update_fields=["role", "canary_share"])
        ModelEvent.objects.create(
            kind=ModelEvent.Kind.CANARY_STARTED,
            from_version=champion,
            to_version=version,
            by=by,
            reason=f"Serves {share:.1%} of accounts.",
            figures={"share": share},
        )
    log.info("canary_started", version=version.name, share=share)


def record_failure(version_id: int | None, error: Exception) -> None:
    """Count that a model raised. A canary that fails repeatedly ends at once."""
    log.exception("model_failed", version_id=version_id, exc_info=error)
    ForecastFailure.objects.create(model_version_id=version_id, error=type(error).__name__)
    watch_canary()


def watch_canary(*, now: datetime | None = None) -> ModelVersion | None:
    """End the canary if it fails more often or answers more slowly than the champion; the version that was ended."""
    now = now or timezone.now()
    canary = ModelVersion.objects.filter(canary_share__gt=0).first()
    if canary is None:
        return None
    started = ModelEvent.objects.filter(kind=ModelEvent.Kind.CANARY_STARTED, to_version=canary).latest("id").at
    since = max(started, now - WINDOW)
    champion_id = ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).values_list("pk", flat=True).first()
    theirs, ours = _traffic(canary.pk, since, timed_since=started), _traffic(champion_id, since)
    reason = _why_to_end(theirs, ours)
    if reason is None:
        return None
    return end_canary(by="canary watch", reason=reason, figures={"canary": asdict(theirs), "champion": asdict(ours)})


def _why_to_end(canary: Traffic, champion: Traffic) -> str | None:
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
    given = Prediction.objects.filter(model_version=version_id)
    failures = ForecastFailure.objects.filter(model_version=version_id, at__gte=since).count()
    timed = given.filter(created_at__gte=timed_since) if timed_since else given
    latencies = list(timed.order_by("-created_at").values_list("latency_ms", flat=True)[:_LATENCIES])
    p90 = round(float(np.quantile(latencies, 0.9)), 1) if len(latencies) >= MIN_FORECASTS else None
    return Traffic(given.filter(created_at__gte=since).count(), failures, p90)
