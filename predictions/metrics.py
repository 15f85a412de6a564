"""Prometheus gauges of drift, set from the database when they are asked for: a worker finds it, any process tells."""

import math
from itertools import chain

from prometheus_client import Gauge

from predictions.engine.evaluation.drift import FIGURES_AT, THRESHOLD
from predictions.models import DriftCheck


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"postcast_drift_{name}", text, labels, multiprocess_mode="mostrecent")


SCORE = _gauge("score", f"Standard errors between a figure of late and before; alarms begin at {THRESHOLD}", "figure")
RECENT = _gauge("recent", "A figure of the forecasts' misses of late", "figure")
REFERENCE = _gauge("reference", "The same figure before", "figure")
FEATURES_MOVED = _gauge("features_moved", "Features that moved within accounts in the last seven days")
ALARMS = _gauge("alarms", "Drift alarms so far")
OPEN_ALARMS = _gauge("open_alarms", "Drift alarms whose change goes on")
CHECKED = _gauge("checked_timestamp_seconds", "When drift was last checked for")


def show_drift() -> None:
    """Set the gauges to what the latest check found."""
    check = DriftCheck.objects.first()
    if check is None:
        return
    for figure in chain.from_iterable(FIGURES_AT.values()):
        # one that could not be tested has no value, and not the one of before
        told = check.figures.get(figure, {})
        SCORE.labels(figure).set(told.get("score", math.nan))
        RECENT.labels(figure).set(told.get("recent", math.nan))
        REFERENCE.labels(figure).set(told.get("reference", math.nan))
    alarms = DriftCheck.objects.filter(verdict=DriftCheck.Verdict.ALARM)
    FEATURES_MOVED.set(len(check.features))
    ALARMS.set(alarms.count())
    OPEN_ALARMS.set(alarms.filter(over_at=None).count())
    CHECKED.set(check.checked_at.timestamp())
