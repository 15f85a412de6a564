"""Erasure takes along messages in the queue, running tasks and models that learned from the person."""

import json
import time
from datetime import timedelta
from inspect import signature
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.credentials import services as accounts
from accounts.linked import services as linked_services
from accounts.models import TikTokAccount
from predictions.models import ForgottenAccount, ModelVersion
from predictions.training.forgetting import leave_behind
from predictions.training.pseudonyms import pseudonym
from predictions.versions.artefacts import RefusedArtefact
from predictions.versions.selectors import learned_from_forgotten
from predictions.versions.services import make_champion, promote, roll_back
from privacy.consent.selectors import NoConsent
from privacy.declarations.kinds import Messages
from privacy.declarations.registry import declared
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure import steps as erasure_steps
from privacy.models import Erasure, Through
from tests.privacy.erasure.erasures import erase, everything

# --- queues and tasks -------------------------------------------------------------------------------------------------


def tasks_waiting() -> list[str]:
    """The tasks in the queue, and those that a worker holds."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    queued = [json.loads(raw) for queue in settings.QUEUES for raw in client.lrange(f"celery:{queue}", 0, -1)]
    held = [json.loads(raw)[0] for raw in client.hvals("celery:unacked")]
    return sorted(message["headers"]["task"].split(".")[-1] for message in queued + held)


def hand_to_worker() -> None:
    """Move the newest message to a worker of learning to where it is kept until it is acknowledged."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    message = json.loads(client.lpop("celery:learning"))
    client.hset("celery:unacked", "tag", json.dumps([message, "", "learning"]))
    client.zadd("celery:unacked_index", {"tag": time.time()})


@pytest.mark.django_db
def test_messages_about_them_are_taken_out_of_the_queue(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked: list[str] = []
    monkeypatch.setattr("privacy.erasure.search.messages.current_app.control.revoke", lambda ids: revoked.extend(ids))
    user, other = everything("zyzzyva"), everything("xylophone")
    redis.Redis.from_url(settings.REDIS_URL).delete(*(f"celery:{queue}" for queue in settings.QUEUES))
    for person in (user, other):
        account = person.tiktok_accounts.get()
        current_app.send_task("posts.ingest.tasks.run_refresh", [account.refreshes.get().pk])
        current_app.send_task("posts.ingest.tasks.observe_account", kwargs={"account_id": account.pk})
        current_app.send_task("privacy.retention.tasks.extend_retention", [person.pk])
        current_app.send_task("predictions.learning.tasks.update_weights", [account.pk])
        if person == user:
            hand_to_worker()
    assert len(tasks_waiting()) == 8
    assert erase(user).state == Erasure.State.DONE
    assert tasks_waiting() == ["extend_retention", "observe_account", "run_refresh", "update_weights"]
    assert len(revoked) == 4


@pytest.mark.django_db
def test_messages_sent_while_the_rows_are_there_hold_nothing_up(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = everything("zyzzyva")
    account_id = user.tiktok_accounts.get().pk
    delete_rows = erasure_steps.STEPS["rows"]

    def send_and_delete(erasure: Erasure) -> None:
        current_app.send_task("predictions.learning.tasks.update_weights", [account_id])
        delete_rows(erasure)

    monkeypatch.setitem(erasure_steps.STEPS, "rows", send_and_delete)
    assert erase(user).state == Erasure.State.DONE
    assert "update_weights" not in tasks_waiting()


@pytest.mark.django_db
def test_a_message_that_comes_late_is_found(silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user = everything("zyzzyva")
    account_id = user.tiktok_accounts.get().pk

    def send(erasure: Erasure) -> None:
        current_app.send_task("posts.ingest.tasks.discover_posts", [account_id])
        redis.Redis.from_url(settings.REDIS_URL).set(f"cache:1:weights-update:{account_id}", "1")

    with monkeypatch.context() as patched:
        patched.setitem(erasure_steps.STEPS, "keys", send)
        erasure = erase(user)
    assert erasure.left == ["Redis: cache:1:weights-update:", "queue: posts.ingest.tasks.discover_posts"]
    Erasure.objects.update(heartbeat_at=None)
    assert erasure_running.run(erasure_pk=erasure.pk)


@pytest.mark.django_db
def test_a_running_task_ends_at_its_next_step(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    account_id = user.tiktok_accounts.get().pk
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    for name in ("collect", "stop"):
        erasure_steps.STEPS[name](erasure)
    with pytest.raises(NoConsent):
        accounts.access_token(account_id=account_id)
    with pytest.raises(NoConsent), transaction.atomic():
        linked_services.lock_account(account_id)


def test_every_task_about_a_row_is_declared() -> None:
    """But that of erasure itself, whose row stays as the receipt."""
    current_app.loader.import_default_modules()
    apps_of_ours = ("accounts.", "posts.", "predictions.", "privacy.")
    about_rows = {
        name
        for name, task in current_app.tasks.items()
        if name.startswith(apps_of_ours)
        and any(each.annotation is int for each in signature(task.run).parameters.values())
    }
    assert about_rows == {each.task for each in declared() if isinstance(each, Messages)} | {
        "privacy.erasure.tasks.run_erasure"
    }


# --- models -----------------------------------------------------------------------------------------------------------


def version(name: str, account: TikTokAccount | None = None, role: str = "retired") -> ModelVersion:
    learned_from = [pseudonym(account.public_id)] if account else []
    return ModelVersion.objects.create(
        name=name, role=role, artefact=b"zip", signature="x", manifest={"pseudonyms": learned_from}
    )


@pytest.mark.django_db
def test_no_model_that_learned_from_them_serves_again(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = everything("zyzzyva")
    old = version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    new = version("v1.1.0")
    make_champion(new, by="test")
    monkeypatch.setattr("predictions.versions.services.load", lambda version: None)
    erase(user)
    assert learned_from_forgotten(old)
    assert roll_back(champion_id=new.pk, by="test", reason="worse") is None
    with pytest.raises(RefusedArtefact, match="left since"):
        promote(version=old, by="test", reason="better")
    leave_behind()
    assert bytes(ModelVersion.objects.get(pk=old.pk).artefact) == b""
    assert bytes(ModelVersion.objects.get(pk=new.pk).artefact) == b"zip"


@pytest.mark.django_db
def test_a_manifest_that_names_who_was_not_forgotten_is_found(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = everything("zyzzyva")
    version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    monkeypatch.setitem(erasure_steps.STEPS, "keys", lambda erasure: ForgottenAccount.objects.all().delete())
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, ["manifest of v1.0.0"])


@pytest.mark.django_db
def test_a_champion_that_learned_from_them_is_replaced_in_time(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("predictions.training.retraining.current_app.send_task", lambda name, **_: sent.append(name))
    user = everything("zyzzyva")
    version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    erase(user)
    leave_behind()
    assert sent == []
    ForgottenAccount.objects.update(forgotten_at=timezone.now() - timedelta(days=6))
    leave_behind()
    assert sent == ["predictions.training.tasks.retrain_model"]
