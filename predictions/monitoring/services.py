"""The hourly drift check.

An alarm requests retraining at once, and again when a training can have learned from the change. Features that moved
are recorded beside it and raise no alarm: accounts may change what they publish, and where that makes forecasts worse
the errors show it.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from django.db import connection, transaction
from django.utils import timezone

from predictions.engine.evaluation.drift import RECENT_DAYS, Change, Episode, judge, moved_features
from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import HORIZON
from predictions.models import DriftCheck, ModelEvent
from predictions.monitoring import selectors
from predictions.training.retraining import request_retraining
from predictions.training.services import SLICE
from privacy.trail.services import record_run

log = structlog.get_logger(__name__)

REQUESTED_AGAIN_AFTER = timedelta(days=1)
"""Least time between requests for one alarm: messages can be lost, and trainings fail."""

_CHECKS_LOCK = 0x6472696674
"""Key of the advisory lock that serialises checks."""


def check_drift(*, now: datetime | None = None) -> DriftCheck:
    """Test the forecast errors for drift, record the result, and request retraining after the commit if need be.

    A second check of the same second returns the first.
    """
    now = (now or timezone.now()).replace(microsecond=0)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKS_LOCK])
        if earlier := DriftCheck.objects.filter(checked_at=now).first():
            return earlier
        errors = selectors.forecast_errors(now)
        alarms = list(selectors.drift_alarms(now))
        finding = judge(errors, now=int(now.timestamp()), episodes=[_episode(alarm) for alarm in alarms])
        check = DriftCheck(
            checked_at=now,
            verdict=finding.verdict,
            posts=int((errors.age == HORIZON).sum()),
            figures={change.figure: _as_json(change) for change in finding.changes},
            features=_moved_features(now),
        )
        if check.verdict == DriftCheck.Verdict.ALARM:
            change = finding.worst
            check.changed_since = datetime.fromtimestamp(change.since, UTC)
            recent = f"{change.recent:+.2f} of posts since {check.changed_since:%Y-%m-%d %H:%M}"
            check.reason = f"drift: {change.figure} {change.reference:+.2f} before, {recent}"
        check.save()
        log.info("drift_checked", verdict=check.verdict, figures=check.figures, features=sorted(check.features))
        if check.verdict == DriftCheck.Verdict.ALARM:
            _request_retraining(check, now)
        elif check.verdict == DriftCheck.Verdict.SETTLED:
            alarms[-1].over_at = now
            alarms[-1].save(update_fields=["over_at"])
        elif check.verdict == DriftCheck.Verdict.UNSETTLED and _is_worth_retraining(alarms[-1], now):
            _request_retraining(alarms[-1], now)
        record_run(what="how far forecasts were from posts, to see drift", people=len(np.unique(errors.account)))
    return check


def _request_retraining(alarm: DriftCheck, now: datetime) -> None:
    alarm.retraining_requested_at = now
    alarm.save(update_fields=["retraining_requested_at"])
    log.warning("drift_alarm", check=alarm.pk, reason=alarm.reason)
    request_retraining(reason=alarm.reason)


def _is_worth_retraining(alarm: DriftCheck, now: datetime) -> bool:
    """Return whether a training could learn from the change, and none that did was compared or requested lately."""
    assert alarm.changed_since is not None
    # trainings learn from whole first days, and leave the latest two weeks to the comparison
    first_label = alarm.changed_since + timedelta(seconds=HORIZON)
    if now - SLICE <= first_label:
        return False
    if now - (alarm.retraining_requested_at or alarm.checked_at) < REQUESTED_AGAIN_AFTER:
        return False
    # a comparison that was cut short has no figures
    learned_of_it = {"to_version__manifest__until__gt": int(first_label.timestamp())}
    return not ModelEvent.objects.filter(figures__has_key="slice", **learned_of_it).exists()


def _episode(alarm: DriftCheck) -> Episode:
    assert alarm.changed_since is not None
    over_at = int(alarm.over_at.timestamp()) if alarm.over_at else None
    return Episode(int(alarm.changed_since.timestamp()), int(alarm.checked_at.timestamp()), over_at)


def _as_json(change: Change) -> dict[str, float | str]:
    return {
        "recent": round(change.recent, 4),
        "reference": round(change.reference, 4),
        "score": round(change.score, 2),
        "since": datetime.fromtimestamp(change.since, UTC).isoformat(),
    }


def _moved_features(now: datetime) -> dict[str, float]:
    """Return the features that moved, with how far in their standard deviations, largest first."""
    account, due_at, features = selectors.recent_features(now)
    recent = due_at > int((now - timedelta(days=RECENT_DAYS)).timestamp())
    moved = moved_features(TABULAR, account, recent, features)
    return {name: round(effect, 3) for name, effect in sorted(moved.items(), key=lambda item: -abs(item[1]))}
