"""Drift: checks are recorded, an alarm requests retraining, and ends."""

import datetime

import numpy as np
import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from prometheus_client import REGISTRY as PROMETHEUS

from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import DAY, HOUR
from predictions.models import DriftCheck, ForecastError, ModelEvent, ModelVersion
from predictions.monitoring import services as drift
from predictions.monitoring.metrics import show_drift
from tests.engine.evaluation.drifting import simulated
from tests.factories import enter_admin
from tests.predictions.monitoring.support import ALARM, SHIFT, START, UNSETTLED, check, moment, store

pytestmark = pytest.mark.django_db


def test_what_can_no_longer_be_tested_has_no_value(champion) -> None:
    figures = {figure: {"score": 3.0, "recent": 1.0, "reference": 0.5} for figure in ("level", "error")}
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="steady", posts=9, figures=figures, features={})
    show_drift()
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="too_few", posts=0, figures={}, features={})
    show_drift()
    for gauge in ("score", "recent", "reference"):
        assert str(PROMETHEUS.get_sample_value(f"postcast_drift_{gauge}", {"figure": "level"})) == "nan"


def test_an_alarm_is_recorded_and_asks_for_retraining_once(
    shifted, requested, django_capture_on_commit_callbacks
) -> None:
    commit = django_capture_on_commit_callbacks
    assert check(SHIFT - HOUR, commit).verdict == DriftCheck.Verdict.STEADY
    alarm = check(SHIFT + DAY, commit)
    assert alarm.verdict == ALARM
    assert alarm.changed_since is not None
    assert moment(START + SHIFT - DAY) <= alarm.changed_since <= alarm.checked_at
    assert set(alarm.figures) == {"level", "error", "uncovered", "early_level"}
    assert "drift: early_level" in alarm.reason
    assert alarm.features == {}
    assert requested == [alarm.reason]

    # what is trained now would know nothing of the change
    assert [check(SHIFT + DAY + hour * HOUR, commit).verdict for hour in (1, 12, 24, 48)] == [UNSETTLED] * 4
    assert requested == [alarm.reason]
    assert DriftCheck.objects.filter(verdict=ALARM).count() == 1


COMPARED = {"slice": [0, 1]}


def trained(alarm: DriftCheck, *, days: float, figures: dict[str, list[int]] | None) -> None:
    """A version that learned until so many days after the first changed day was over; without figures it was never
    compared."""
    assert alarm.changed_since is not None
    until = int((alarm.changed_since + datetime.timedelta(days=1 + days)).timestamp())
    version = ModelVersion.objects.create(name="v9.0.0", artefact=b"", signature="", manifest={"until": until})
    if figures is not None:
        ModelEvent.objects.create(kind=ModelEvent.Kind.REFUSED, to_version=version, figures=figures)


def when_it_can_be_learned(alarm: DriftCheck) -> int:
    """When a training looks back to the first changed day, counted from START."""
    assert alarm.changed_since is not None
    return int(alarm.changed_since.timestamp()) - START + 15 * DAY


def test_retraining_is_asked_for_again_once_a_training_can_have_seen_the_change(
    shifted, requested, django_capture_on_commit_callbacks
) -> None:
    commit = django_capture_on_commit_callbacks
    alarm = check(SHIFT + DAY, commit)
    seen = when_it_can_be_learned(alarm)
    check(seen - HOUR, commit)
    assert len(requested) == 1
    check(seen + HOUR, commit)
    assert requested == [alarm.reason] * 2
    # nothing comes of that: the message was lost, or the training failed
    for hour in (2, 24, 25, 26, 48):
        check(seen + hour * HOUR, commit)
    assert requested == [alarm.reason] * 3
    trained(alarm, days=1, figures=COMPARED)
    check(seen + 72 * HOUR, commit)
    assert requested == [alarm.reason] * 3
    assert DriftCheck.objects.filter(verdict=ALARM).count() == 1


@pytest.mark.parametrize(
    ("days", "figures"),
    [
        pytest.param(-1, COMPARED, id="learned until before the change"),
        pytest.param(1, None, id="cut off before it was compared"),
        pytest.param(1, {}, id="its comparison failed"),
    ],
)
def test_what_tells_nothing_of_the_change_is_no_answer_to_the_alarm(
    days, figures, shifted, requested, django_capture_on_commit_callbacks
) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    trained(alarm, days=days, figures=figures)
    check(when_it_can_be_learned(alarm) + HOUR, django_capture_on_commit_callbacks)
    assert len(requested) == 2


def test_an_alarm_ends_when_the_change_has_become_usual(shifted, requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    alarm = check(SHIFT + DAY, commit)
    settled = check(SHIFT + DAY + 28 * DAY, commit)
    assert settled.verdict == DriftCheck.Verdict.SETTLED
    alarm.refresh_from_db()
    assert alarm.over_at == settled.checked_at


def test_two_checks_of_one_moment_are_one(shifted, requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    assert check(SHIFT + DAY, commit) == check(SHIFT + DAY, commit)
    assert len(requested) == 1


def test_without_errors_there_is_no_verdict(requested) -> None:
    found = drift.check_drift()
    assert (found.verdict, found.posts, found.figures, found.features) == (DriftCheck.Verdict.TOO_FEW, 0, {}, {})


def test_any_process_serves_the_gauges(
    client, settings, shifted, requested, django_capture_on_commit_callbacks
) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    settings.METRICS_TOKEN = "metrics"
    told = client.get(reverse("telemetry:metrics"), headers={"authorization": "Bearer metrics"}).content.decode()
    figures = dict(line.rsplit(" ", 1) for line in told.splitlines() if line.startswith("postcast_drift"))
    assert float(figures['postcast_drift_score{figure="level"}']) == alarm.figures["level"]["score"]
    assert float(figures['postcast_drift_reference{figure="uncovered"}']) == alarm.figures["uncovered"]["reference"]
    assert float(figures["postcast_drift_open_alarms"]) == float(figures["postcast_drift_alarms"]) == 1
    assert float(figures["postcast_drift_checked_timestamp_seconds"]) == alarm.checked_at.timestamp()


def test_features_that_move_are_recorded_and_raise_no_alarm(requested, django_capture_on_commit_callbacks) -> None:
    store(simulated(3))
    column = TABULAR.index("duration")
    for miss in ForecastError.objects.filter(age_h=24, due_at__gt=moment(START + SHIFT - 7 * DAY)):
        features = np.frombuffer(miss.features, "<f4").copy()
        features[column] += 3
        miss.features = features.tobytes()
        miss.save()
    found = check(SHIFT, django_capture_on_commit_callbacks)
    assert list(found.features) == ["duration"]
    assert found.verdict == DriftCheck.Verdict.STEADY
    assert requested == []


def test_features_of_another_version_are_not_compared(requested) -> None:
    store(simulated(3))
    ForecastError.objects.filter(due_at__lte=moment(START + SHIFT - 7 * DAY)).update(
        features_version=0, features=b"other"
    )
    assert drift.check_drift(now=moment(START + SHIFT)).features == {}


def test_staff_see_checks_and_errors(client, shifted, requested, django_capture_on_commit_callbacks) -> None:
    check(SHIFT + DAY, django_capture_on_commit_callbacks)
    enter_admin(client)
    for name, key in (
        ("driftcheck", DriftCheck.objects.get().pk),
        ("forecasterror", ForecastError.objects.latest("due_at").pk),
    ):
        assert client.get(reverse(f"admin:predictions_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:predictions_{name}_change", args=[key])).status_code == 200


def test_beat_checks_every_hour() -> None:
    current_app.loader.import_default_modules()
    assert django_settings.CELERY_BEAT_SCHEDULE["check drift"]["task"] in current_app.tasks
