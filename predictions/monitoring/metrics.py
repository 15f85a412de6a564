"""Prometheus gauges of drift, set from the latest check when scraped: workers check, web processes are scraped."""

import math
from itertools import chain

from prometheus_client import Gauge

from predictions.engine.evaluation.drift import FIGURES_AT, THRESHOLD
from predictions.models import DriftCheck


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"postcast_drift_{name}", text, labels, multiprocess_mode="mostrecent")


SCORE = _gauge(
    "score", f"Standard errors between a figure's recent and earlier value; alarms begin at {THRESHOLD}", "figure"
)
RECENT = _gauge("recent", "Recent value of a figure of the forecast errors", "figure")
REFERENCE = _gauge("reference", "Earlier value of the same figure", "figure")
FEATURES_MOVED = _gauge("features_moved", "Features that moved within accounts in the last seven days")
ALARMS = _gauge("alarms", "Drift alarms so far")
OPEN_ALARMS = _gauge("open_alarms", "Drift alarms whose change goes on")
CHECKED = _gauge("checked_timestamp_seconds", "Time of the latest drift check")


def show_drift() -> None:
    """Set the gauges from the latest check."""
    check = DriftCheck.objects.first()
    if check is None:
        return
    for figure in chain.from_iterable(FIGURES_AT.values()):
        # a figure that could not be tested has no value, rather than an old one
        values = check.figures.get(figure, {})
        SCORE.labels(figure).set(values.get("score", math.nan))
        RECENT.labels(figure).set(values.get("recent", math.nan))
        REFERENCE.labels(figure).set(values.get("reference", math.nan))
    alarms = DriftCheck.objects.filter(verdict=DriftCheck.Verdict.ALARM)
    FEATURES_MOVED.set(len(check.features))
    ALARMS.set(alarms.count())
    OPEN_ALARMS.set(alarms.filter(over_at=None).count())
    CHECKED.set(check.checked_at.timestamp())
