"""What staff and monitoring see of background work: queues, failed tasks, unsent messages."""

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from telemetry import failures
from telemetry.connections import redis_client
from telemetry.failures import record_failure, without_quotes
from telemetry.models import FailedTask, OutboxMessage
from telemetry.queues import queues
from tests.factories import StaffFactory, UserFactory, enter_admin

pytestmark = pytest.mark.django_db


def fail(task_id: str = "1", **changes: object) -> FailedTask:
    told = {
        "task_id": task_id,
        "task": "privacy.retention.tasks.extend_retention",
        "queue": "privacy",
        "arguments": [7, "acct_abc", "a whole sentence"],
        "named_arguments": {"reason": "Jane Doe asked"},
        "error": ValueError("x"),
        "tries": 3,
    }
    record_failure(**{**told, **changes})  # type: ignore[arg-type]
    return FailedTask.objects.get(task_id=task_id)


def test_a_failure_keeps_numbers_and_identifiers_and_no_text() -> None:
    row = fail()
    assert row.arguments == [7, "acct_abc", "…"]
    assert row.named_arguments == {"reason": "…"}
    fail()
    assert FailedTask.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('duplicate key value violates unique constraint "x"\nDETAIL: Key (name)=(Jane)', "… "),
        ("Key (open_id)=(abc) already exists.", "Key …=… already exists."),
        ("cannot read jane@example.com", "cannot read …"),
        ("video 7123456789012345678 is unknown", "video … is unknown"),
        ("'Jane' is not a number", "… is not a number"),
    ],
)
def test_a_message_is_kept_without_what_it_quotes(said: str, kept: str) -> None:
    assert without_quotes(ValueError(said)).endswith(kept.strip())


@given(st.text(min_size=1).filter(lambda text: "'" not in text and text.isprintable()))
def test_no_quoted_text_is_kept(text: str) -> None:
    assert without_quotes(ValueError(f"no such name: '{text}'")) == "no such name: …"


def test_queues_tell_their_length_and_the_age_of_the_oldest_message() -> None:
    current_app.send_task("privacy.export.tasks.make_export", [1])
    current_app.send_task("privacy.export.tasks.make_export", [2])
    with redis_client() as client:
        found = {queue.name: queue for queue in queues(client)}
    assert found["privacy"].length == 2
    assert 0 <= found["privacy"].age_s < 60
    assert (found["outside"].length, found["outside"].age_s) == (0, 0)


def test_metrics_tell_queues_failures_and_unsent_messages(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"
    fail()
    OutboxMessage.objects.create(task="x", arguments=[1])
    current_app.send_task("privacy.export.tasks.make_export", [1])
    answer = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"}).content.decode()
    assert 'postcast_queue_length{queue="privacy"} 1.0' in answer
    assert "postcast_failed_tasks 1.0" in answer
    assert "postcast_outbox_messages 1.0" in answer


def test_an_operator_sees_queues_and_failures_and_tries_again(client: Client) -> None:
    from django.contrib.auth.models import Group

    operator = StaffFactory()
    operator.groups.add(Group.objects.get(name="operator"))
    enter_admin(client, operator)
    row = fail(arguments=[UserFactory().pk], named_arguments={})
    page = client.get(reverse("admin:telemetry_failedtask_changelist"))
    assert "Queues now" in page.content.decode()
    assert "extend_retention" in page.content.decode()
    asked = {"action": "retry", "_selected_action": [row.pk]}
    client.post(reverse("admin:telemetry_failedtask_changelist"), asked)
    row.refresh_from_db()
    assert (row.state, row.settled_at is not None) == (FailedTask.State.RETRIED, True)
    with redis_client() as waiting:
        assert {queue.name: queue.length for queue in queues(waiting)}["privacy"] == 1


def test_dropped_is_not_tried_again() -> None:
    row = fail()
    assert failures.drop([row.pk]) == 1
    assert failures.retry([row.pk]) == 0
    row.refresh_from_db()
    assert row.state == FailedTask.State.DROPPED
    assert row.settled_at is not None
    assert row.settled_at <= timezone.now()
