"""Resumable jobs (`config.jobs`), on the table of exports."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from config.jobs import ClaimLost, claim, enqueue, heartbeat, release, resume, stalled
from privacy.models import DataExport
from tests.factories import UserFactory

LEASE = timedelta(minutes=5)
AFTER_LEASE = LEASE + timedelta(seconds=1)


@pytest.fixture
def job(db: None) -> DataExport:
    return DataExport.objects.create(user=UserFactory(), heartbeat_at=timezone.now())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """The messages that go to the broker."""
    messages: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, args: messages.append((task, args)))
    return messages


def claim_job(pk: int, **options: Any) -> DataExport | None:
    return claim(DataExport.objects.filter(state__in=DataExport.ACTIVE), pk, lease=LEASE, **options)


def resume_jobs(**options: Any) -> list[int]:
    return resume(DataExport.objects.filter(stalled(LEASE), state__in=DataExport.ACTIVE), **options)


def let_lease_expire() -> None:
    DataExport.objects.update(heartbeat_at=timezone.now() - AFTER_LEASE)


@transaction.atomic
def write_part(job: DataExport) -> None:
    job.parts.create(number=0, sealed=b"")
    heartbeat(job)


def in_threads(count: int, function: Callable[[], object]) -> list[object]:
    """Call the function in so many threads at once, each with a database connection of its own; what it returns."""
    results: list[object] = []

    def call() -> None:
        try:
            results.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_claim_stores_its_changes_and_counts_the_attempt(job: DataExport) -> None:
    claimed = claim_job(job.pk, state=DataExport.State.RUNNING)
    assert claimed is not None
    assert (claimed.state, claimed.attempts) == (DataExport.State.RUNNING, 1)
    assert claimed.claim is not None


def test_a_job_that_is_held_or_ended_cannot_be_claimed(job: DataExport) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    assert claim_job(job.pk) is None
    release(claimed, state=DataExport.State.READY)
    assert claim_job(job.pk) is None


@pytest.mark.django_db(transaction=True)
def test_of_workers_with_the_same_message_one_gets_the_job() -> None:
    pk = DataExport.objects.create(user=UserFactory()).pk
    claims = in_threads(4, lambda: claim_job(pk))
    assert [each for each in claims if each is not None] == [DataExport(pk=pk)]
    assert DataExport.objects.get().attempts == 1


def test_a_released_job_can_be_claimed_at_once(job: DataExport) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    release(claimed)
    assert claim_job(job.pk) is not None


def test_a_heartbeat_keeps_the_job_past_its_lease(job: DataExport) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    let_lease_expire()
    heartbeat(claimed, size=3)
    job.refresh_from_db()
    assert (claimed.size, job.size) == (3, 3)
    assert claim_job(job.pk) is None


def test_a_worker_taken_for_dead_loses_its_transaction(job: DataExport) -> None:
    slow = claim_job(job.pk)
    assert slow is not None
    let_lease_expire()
    assert claim_job(job.pk) is not None
    with pytest.raises(ClaimLost):
        write_part(slow)
    assert not slow.parts.exists()
    with pytest.raises(ClaimLost):
        release(slow, state=DataExport.State.READY)


def test_a_deleted_job_is_lost(job: DataExport) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    job.delete()
    with pytest.raises(ClaimLost):
        heartbeat(claimed)


@pytest.mark.parametrize("held", [True, False], ids=["lost worker", "lost message"])
def test_a_stalled_job_is_sent_again_once_per_lease(
    held: bool, job: DataExport, sent: Any, django_capture_on_commit_callbacks: Any
) -> None:
    DataExport.objects.update(claim=uuid.uuid4() if held else None)
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_jobs() == []
        let_lease_expire()
        assert resume_jobs() == [job.pk]
        assert resume_jobs() == []
    assert sent == [(DataExport.task, [job.pk])]
    assert claim_job(job.pk) is not None


def test_a_resumed_job_is_no_longer_its_workers(job: DataExport) -> None:
    slow = claim_job(job.pk)
    assert slow is not None
    let_lease_expire()
    resume_jobs()
    with pytest.raises(ClaimLost):
        heartbeat(slow)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_row_is_being_written_is_not_resumed(sent: Any) -> None:
    job = DataExport.objects.create(user=UserFactory())
    with transaction.atomic():
        heartbeat(job)
        DataExport.objects.update(heartbeat_at=None)
        assert in_threads(1, resume_jobs) == [[]]
    assert in_threads(1, resume_jobs) == [[job.pk]]


def test_a_message_is_sent_after_the_commit(
    job: DataExport, sent: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(job)
        assert sent == []
    assert sent == [(DataExport.task, [job.pk])]


def test_a_broker_that_is_away_only_delays_a_job(
    job: DataExport, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fail(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", fail)
    with django_capture_on_commit_callbacks(execute=True):
        enqueue(job)
    let_lease_expire()
    assert resume_jobs() == [job.pk]
