"""Drift: checks are recorded, with the features that moved."""

import numpy as np
import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone
from prometheus_client import REGISTRY as PROMETHEUS

from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import DAY
from predictions.models import DriftCheck, ForecastError
from predictions.monitoring import services as drift
from predictions.monitoring.metrics import show_drift
from tests.engine.evaluation.drifting import simulated
from tests.predictions.monitoring.support import SHIFT, START, check, moment, store

pytestmark = pytest.mark.django_db


def test_what_can_no_longer_be_tested_has_no_value() -> None:
    figures = {figure: {"score": 3.0, "recent": 1.0, "reference": 0.5} for figure in ("level", "error")}
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="steady", posts=9, figures=figures, features={})
    show_drift()
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="too_few", posts=0, figures={}, features={})
    show_drift()
    for gauge in ("score", "recent", "reference"):
        assert str(PROMETHEUS.get_sample_value(f"postcast_drift_{gauge}", {"figure": "level"})) == "nan"


def test_without_errors_there_is_no_verdict(requested) -> None:
    found = drift.check_drift()
    assert (found.verdict, found.posts, found.figures, found.features) == (DriftCheck.Verdict.TOO_FEW, 0, {}, {})


def test_features_that_move_are_recorded_and_raise_no_alarm(requested, django_capture_on_commit_callbacks) -> None:
    store(simulated(3, days=42))
    column = TABULAR.index("duration")
    errors = list(ForecastError.objects.filter(age_h=24, due_at__gt=moment(START + SHIFT - 7 * DAY)))
    for error in errors:
        features = np.frombuffer(error.features, "<f4").copy()
        features[column] += 3
        error.features = features.tobytes()
    ForecastError.objects.bulk_update(errors, ["features"])
    found = check(SHIFT, django_capture_on_commit_callbacks)
    assert list(found.features) == ["duration"]
    assert found.verdict == DriftCheck.Verdict.STEADY
    assert requested == []


def test_features_of_another_version_are_not_compared(requested) -> None:
    store(simulated(3, days=42))
    ForecastError.objects.filter(due_at__lte=moment(START + SHIFT - 7 * DAY)).update(
        features_version=0, features=b"other"
    )
    assert drift.check_drift(now=moment(START + SHIFT)).features == {}


def test_beat_checks_every_hour() -> None:
    current_app.loader.import_default_modules()
    assert django_settings.CELERY_BEAT_SCHEDULE["check drift"]["task"] in current_app.tasks
