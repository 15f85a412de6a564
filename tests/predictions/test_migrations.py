"""Migrations that move what is there, on rows as the code of before left them, forwards and back."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from django.utils import timezone

from tests.factories import ForecastErrorFactory, PostFactory, PredictionFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, SINCE = "0004_prediction_explanation", "0005_early_misses"
RENAMED = "0006_names"


@pytest.fixture
def migrate() -> Iterator[Callable[[str], StateApps]]:
    def to(name: str) -> StateApps:
        executor = MigrationExecutor(connection)
        return executor.migrate([("predictions", name)]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def write_miss_as_before(post: Any) -> None:
    """As a process that was started before the migration goes on to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO predictions_miss (post_id, account_id, due_at, miss, covered, features_version, features,"
            " source, consent_version, provenance, retain_until, transformation)"
            " VALUES (%s, %s, now(), 0.5, true, 1, '', 'postcast', 'learning:1', 'task', now(), 'code')",
            [post.pk, post.account_id],
        )


def indexes_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))


def test_forecast_errors_alarms_and_planned_times_stay(migrate: Callable[[str], StateApps]) -> None:
    """One way back and forth for all: each turn at a migration takes seconds."""
    prediction, early = PredictionFactory(), ForecastErrorFactory(error=0.5, age_h=1)
    old, new = PostFactory.create_batch(2)
    now = timezone.now()

    # under the names of before
    since = migrate(SINCE)
    assert since.get_model("predictions", "Prediction").objects.get().scheduled_for == prediction.publish_at
    miss = since.get_model("predictions", "Miss").objects.get()
    assert (miss.pk, miss.post_id, miss.age_h, miss.miss) == (early.pk, early.post_id, 1, 0.5)
    assert "one_miss_per_age" in indexes_of("predictions_miss")
    assert "predictions_schedul_9e7667_idx" in indexes_of("predictions_prediction")

    # without misses of an hour
    before = migrate(BEFORE)
    assert not before.get_model("predictions", "Miss").objects.exists()
    write_miss_as_before(old)
    checks = before.get_model("predictions", "DriftCheck").objects
    checks.create(checked_at=now, verdict="alarm", posts=1, changed_since=now)
    checks.create(checked_at=now - datetime.timedelta(hours=1), verdict="steady", posts=1)

    since = migrate(SINCE)
    write_miss_as_before(new)
    misses, checks = (since.get_model("predictions", name).objects for name in ("Miss", "DriftCheck"))
    assert set(misses.values_list("post", "age_h", "miss")) == {(old.pk, 24, 0.5), (new.pk, 24, 0.5)}
    assert set(checks.values_list("verdict", "changed_since")) == {
        ("alarm", now - datetime.timedelta(days=1)),
        ("steady", None),
    }
    with connection.cursor() as cursor:
        kept = "post_id, account_id, due_at, miss, covered, features_version, features, source, consent_version"
        kept += ", provenance, retain_until, transformation"
        copy_early = f"INSERT INTO predictions_miss (age_h, {kept}) SELECT 1, {kept} FROM predictions_miss"  # noqa: S608
        cursor.execute(f"{copy_early} WHERE post_id = %s", [new.pk])

    before = migrate(BEFORE)
    assert set(before.get_model("predictions", "Miss").objects.values_list("post", "miss")) == {
        (old.pk, 0.5),
        (new.pk, 0.5),
    }
    assert before.get_model("predictions", "DriftCheck").objects.get(verdict="alarm").changed_since == now

    # under their new names
    since = migrate(RENAMED)
    assert since.get_model("predictions", "Prediction").objects.get().publish_at == prediction.publish_at
    errors = since.get_model("predictions", "ForecastError").objects
    assert set(errors.values_list("post", "age_h", "error")) == {(old.pk, 24, 0.5), (new.pk, 24, 0.5)}
    assert "one_error_per_age" in indexes_of("predictions_forecasterror")
    assert "predictions_publish_a39cab_idx" in indexes_of("predictions_prediction")
