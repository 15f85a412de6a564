"""The sandbox's creators: stationary for weeks, then their audience changes, and the alarm rings."""

from pathlib import Path

import numpy as np
import pytest

from accounts.models import TikTokAccount
from predictions.engine import train
from predictions.engine.data.history_file import read_history_file
from predictions.engine.types import DAY, HOUR
from predictions.learning import services
from predictions.models import DriftCheck, ForecastError
from predictions.monitoring import services as drift
from predictions.versions import services as registry
from tests.predictions.monitoring.audience import publish
from tests.predictions.monitoring.support import ALARM, SHIFT, START, moment
from tests.prove import SEED, scaled
from tests.sandbox.simulation import population
from tests.sandbox.simulation.effects import Shift

pytestmark = pytest.mark.django_db

STATIONARY_DAYS = 30

HISTORY = 40
"""Posts before the weeks that are watched; the first of these weeks are the first reference."""


def live_through(
    accounts: list[TikTokAccount], shift_at: int, commit, *, every: int, until: int
) -> tuple[list[DriftCheck], DriftCheck | None]:
    """The alarms before anything had changed, and the first one after: checks from the first week on.

    Labels are forecast as of each post's publishing whenever that is computed, so they are all learned at the end; the
    checks see those that were due.
    """
    for account in accounts:
        assert services.update_weights(account_id=account.pk, now=moment(until))
    moments = range(shift_at - STATIONARY_DAYS * DAY, until + 1, every)
    before: list[DriftCheck] = []
    for now in moments:
        with commit(execute=True):
            found = drift.check_drift(now=moment(now))
        if found.verdict == ALARM:
            if now > shift_at:
                return before, found
            before.append(found)
    return before, None


@pytest.mark.prove
def test_the_sandbox_with_another_audience_rings_within_a_day(requested, django_capture_on_commit_callbacks) -> None:
    shift_at, until = START + SHIFT, START + SHIFT + DAY
    accounts = publish(1, START, until, history=HISTORY, shifts=[Shift(shift_at, "", hours=0, level=-1.2)])
    commit = django_capture_on_commit_callbacks
    before, found = live_through(accounts, shift_at, commit, every=6 * HOUR, until=until)
    assert before == []
    assert found is not None
    assert found.figures["early_level"]["recent"] < found.figures["early_level"]["reference"]
    assert requested == [found.reason]


@pytest.mark.prove
@pytest.mark.parametrize("shift", [(0.0, -0.7), (0.0, -1.2), (0.0, 1.2), (8.0, 0.0)], ids=str)
def test_how_soon_the_sandbox_with_another_audience_rings(
    shift, requested, django_capture_on_commit_callbacks, record_property, tmp_path
) -> None:
    """With a model trained on other creators of the sandbox, and checks every hour."""
    hours, level = shift
    train_on_population(tmp_path / "population.csv.gz", until=START)
    shift_at, until = START + SHIFT, START + SHIFT + 8 * DAY
    early, delays = 0, []
    for run in range(scaled(1)):
        ForecastError.objects.all().delete()
        DriftCheck.objects.all().delete()
        TikTokAccount.objects.all().delete()
        accounts = publish(SEED + run, START, until, history=HISTORY, shifts=[Shift(shift_at, "", hours, level)])
        before, found = live_through(accounts, shift_at, django_capture_on_commit_callbacks, every=HOUR, until=until)
        early += len(before)
        delays.append((found.checked_at.timestamp() - shift_at) / HOUR if found else np.inf)
    record_property("false_alarms_before", early)
    record_property("hours_until_the_alarm", [round(delay, 1) for delay in delays])
    if abs(level) > 1:
        assert early <= len(delays)
        assert np.median(delays) <= 24


def train_on_population(path: Path, until: int) -> None:
    population.write(path, seed=77, accounts=60, posts_max=80, until=until)
    registry.register(model=train(read_history_file(path), until=until), metrics={}, promote=True)
