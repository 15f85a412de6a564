"""An audience that shifted: an alarm is recorded, requests retraining, and ends."""

import datetime
from collections.abc import Iterator

import pytest
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from predictions.engine.types import DAY, HOUR
from predictions.models import DriftCheck, ForecastError, ModelEvent, ModelVersion
from tests.engine.evaluation.drifting import simulated
from tests.factories import enter_admin
from tests.kept_rows import keeping_rows
from tests.predictions.monitoring.support import ALARM, SHIFT, START, UNSETTLED, check, moment, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shifted")]


@pytest.fixture(scope="module")
def shifted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Forty accounts whose audience drops at SHIFT for good."""
    with keeping_rows(django_db_blocker):
        store(simulated(3, at=SHIFT, level=-1.3))
        yield


def test_an_alarm_is_recorded_and_asks_for_retraining_once(requested, django_capture_on_commit_callbacks) -> None:
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
    requested, django_capture_on_commit_callbacks
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
    days, figures, requested, django_capture_on_commit_callbacks
) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    trained(alarm, days=days, figures=figures)
    check(when_it_can_be_learned(alarm) + HOUR, django_capture_on_commit_callbacks)
    assert len(requested) == 2


def test_an_alarm_ends_when_the_change_has_become_usual(requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    alarm = check(SHIFT + DAY, commit)
    settled = check(SHIFT + DAY + 28 * DAY, commit)
    assert settled.verdict == DriftCheck.Verdict.SETTLED
    alarm.refresh_from_db()
    assert alarm.over_at == settled.checked_at


def test_two_checks_of_one_moment_are_one(requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    assert check(SHIFT + DAY, commit) == check(SHIFT + DAY, commit)
    assert len(requested) == 1


def test_any_process_serves_the_gauges(client, settings, requested, django_capture_on_commit_callbacks) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    settings.METRICS_TOKEN = "metrics"
    told = client.get(reverse("telemetry:metrics"), headers={"authorization": "Bearer metrics"}).content.decode()
    figures = dict(line.rsplit(" ", 1) for line in told.splitlines() if line.startswith("postcast_drift"))
    assert float(figures['postcast_drift_score{figure="level"}']) == alarm.figures["level"]["score"]
    assert float(figures['postcast_drift_reference{figure="uncovered"}']) == alarm.figures["uncovered"]["reference"]
    assert float(figures["postcast_drift_open_alarms"]) == float(figures["postcast_drift_alarms"]) == 1
    assert float(figures["postcast_drift_checked_timestamp_seconds"]) == alarm.checked_at.timestamp()


def test_staff_see_checks_and_errors(client, requested, django_capture_on_commit_callbacks) -> None:
    check(SHIFT + DAY, django_capture_on_commit_callbacks)
    enter_admin(client)
    for name, key in (
        ("driftcheck", DriftCheck.objects.get().pk),
        ("forecasterror", ForecastError.objects.latest("due_at").pk),
    ):
        assert client.get(reverse(f"admin:predictions_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:predictions_{name}_change", args=[key])).status_code == 200
