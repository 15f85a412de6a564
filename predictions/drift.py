"""Drift around `predictions.engine.evaluation.drift`: misses are recorded as labels become known, and tested every hour.

An alarm asks for retraining at once, and again when a training can have seen the change. Features are told beside it
and ring nothing: accounts may change what they publish as they like, and where that makes forecasts worse the misses
show it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import structlog
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from posts.models import Post
from predictions import selectors
from predictions.engine.evaluation.drift import (
    KEPT_DAYS,
    RECENT_DAYS,
    Change,
    Episode,
    Finding,
    LookBack,
    judge,
    moved_features,
)
from predictions.engine.features.tabular import TABULAR
from predictions.engine.global_model import FEATURES_VERSION
from predictions.engine.types import HORIZON, HOUR
from predictions.lifecycle import SLICE
from predictions.models import DriftCheck, Miss, ModelEvent
from predictions.registry import LoadedModel
from privacy.trail.services import record_run

log = structlog.get_logger(__name__)

RETRAIN = "predictions.tasks.retrain_model"
ASKED_AGAIN_AFTER = timedelta(days=1)
"""At the earliest: messages can be lost, and trainings fail."""

_CHECKS_LOCK = 0x6472696674
"""The advisory lock that lets one check be made at a time."""


def record_misses(*, account_id: int, loaded: LoadedModel, looked_back: LookBack, now: datetime) -> int:
    """Record the misses of posts that have none yet; how many.

    Posts that the model was trained on tell nothing, nor does what is no number: a single one would end every check.
    """
    untrained = looked_back.posted_at + HORIZON > loaded.model.manifest.get("until", 0)
    kept = looked_back.posted_at + looked_back.age > int((now - timedelta(days=KEPT_DAYS)).timestamp())
    told = np.flatnonzero(untrained & kept & np.isfinite(looked_back.miss)).tolist()
    rows = {(looked_back.post_id[row], int(looked_back.age[row])): row for row in told}
    posts = Post.objects.filter(account=account_id, public_id__in={post_id for post_id, _ in rows})
    keys = dict(posts.values_list("public_id", "pk"))
    recorded = set(Miss.objects.filter(account=account_id).values_list("post", "age_h"))
    misses = [
        Miss(
            post_id=keys[post_id],
            account_id=account_id,
            model_version_id=loaded.version_id,
            age_h=age // HOUR,
            due_at=datetime.fromtimestamp(looked_back.posted_at[row] + age, UTC),
            miss=looked_back.miss[row],
            covered=looked_back.covered[row],
            features_version=FEATURES_VERSION,
            features=looked_back.features[row].astype("<f4").tobytes() if age == HORIZON else b"",
        )
        for (post_id, age), row in rows.items()
        if post_id in keys and (keys[post_id], age // HOUR) not in recorded
    ]
    Miss.objects.bulk_create(misses)
    return len(misses)


def check_drift(*, now: datetime | None = None) -> DriftCheck:
    """Test the misses for drift and record what was found; an alarm asks for retraining once that is committed.

    One check at a time. A second one of the same moment is the first.
    """
    now = (now or timezone.now()).replace(microsecond=0)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECKS_LOCK])
        if made := DriftCheck.objects.filter(checked_at=now).first():
            return made
        misses = selectors.misses(now)
        alarms = list(selectors.drift_alarms(now))
        finding = judge(misses, now=int(now.timestamp()), episodes=[_episode(alarm) for alarm in alarms])
        check = DriftCheck.objects.create(
            checked_at=now,
            verdict=finding.verdict,
            posts=int((misses.age == HORIZON).sum()),
            figures={change.figure: _readable(change) for change in finding.changes},
            features=_moved(now),
            **(_alarm(finding.worst) if finding.verdict == "alarm" else {}),
        )
        _act(check, finding, alarms, now)
        record_run(what="how far forecasts were from posts, to see drift", people=len(np.unique(misses.account)))
    return check


def _act(check: DriftCheck, finding: Finding, alarms: Sequence[DriftCheck], now: datetime) -> None:
    log.info("drift_checked", verdict=finding.verdict, figures=check.figures, features=sorted(check.features))
    if finding.verdict == "alarm":
        _request_retraining(check, now)
    elif finding.verdict == "settled":
        alarms[-1].over_at = now
        alarms[-1].save(update_fields=["over_at"])
    elif finding.verdict == "unsettled" and _is_to_be_asked_again(alarms[-1], now):
        _request_retraining(alarms[-1], now)


def _request_retraining(alarm: DriftCheck, now: datetime) -> None:
    alarm.retraining_requested_at = now
    alarm.save(update_fields=["retraining_requested_at"])
    log.warning("drift_alarm", check=alarm.pk, reason=alarm.reason)
    transaction.on_commit(lambda: current_app.send_task(RETRAIN, kwargs={"reason": alarm.reason}))


def _is_to_be_asked_again(alarm: DriftCheck, now: datetime) -> bool:
    """A training looks two weeks back: until then it would not have seen the change, and is not worth its minutes."""
    asked = alarm.retraining_requested_at or alarm.checked_at
    return now - asked >= ASKED_AGAIN_AFTER and now - SLICE > _labels_since(alarm) and not _was_answered(alarm)


def _was_answered(alarm: DriftCheck) -> bool:
    """Whether a version was compared that has learned from after the change began.

    Not one whose training ended before: its comparison leaves no figures.
    """
    learned_of_it = {"to_version__manifest__until__gt": int(_labels_since(alarm).timestamp())}
    return ModelEvent.objects.filter(figures__has_key="slice", **learned_of_it).exists()


def _labels_since(alarm: DriftCheck) -> datetime:
    """When the first day of the first changed posts was over: what a training learns from."""
    assert alarm.changed_since is not None
    return alarm.changed_since + timedelta(seconds=HORIZON)


def _alarm(change: Change) -> dict[str, Any]:
    since = _moment(change.since)
    of_late = f"{change.recent:+.2f} of posts since {since:%Y-%m-%d %H:%M}"
    reason = f"drift: {change.figure} {change.reference:+.2f} before, {of_late}"
    return {"changed_since": since, "reason": reason}


def _episode(alarm: DriftCheck) -> Episode:
    assert alarm.changed_since is not None
    over_at = int(alarm.over_at.timestamp()) if alarm.over_at else None
    return Episode(int(alarm.changed_since.timestamp()), int(alarm.checked_at.timestamp()), over_at)


def _readable(change: Change) -> dict[str, float | str]:
    return {
        "recent": round(change.recent, 4),
        "reference": round(change.reference, 4),
        "score": round(change.score, 2),
        "since": _moment(change.since).isoformat(),
    }


def _moved(now: datetime) -> dict[str, float]:
    account, due_at, features = selectors.recent_features(now)
    recent = due_at > int((now - timedelta(days=RECENT_DAYS)).timestamp())
    moved = moved_features(TABULAR, account, recent, features)
    return {name: round(effect, 3) for name, effect in sorted(moved.items(), key=lambda item: -abs(item[1]))}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
