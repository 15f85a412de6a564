"""Erasure: everything of a person, everywhere, whatever happens in between; and nothing of anybody else."""

import json
import time
from datetime import timedelta
from inspect import signature
from typing import Any

import pytest
import redis
from allauth.socialaccount.models import SocialAccount
from celery import current_app
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.credentials.services import access_token
from accounts.linked.services import lock_account
from accounts.models import TikTokAccount, User
from accounts.tiktok import client as tiktok_client
from accounts.tiktok.errors import TikTokUnavailable
from posts.models import Post
from predictions.models import ForgottenAccount, ModelVersion
from predictions.training.forgetting import leave_behind
from predictions.training.pseudonyms import pseudonym
from predictions.versions.artefacts import RefusedArtefact
from predictions.versions.selectors import learned_from_forgotten
from predictions.versions.services import make_champion, promote, roll_back
from privacy.consent.selectors import NoConsent
from privacy.declarations.kinds import Messages
from privacy.declarations.registry import declared, subject_of
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure import steps as erasure_steps
from privacy.erasure.search.places import search_database
from privacy.models import AccessEvent, Erasure, SubjectKey, Through
from privacy.trail import chain as trail_chain
from privacy.trail import selectors as trail_selectors
from privacy.trail import services as trail_services
from tests.factories import (
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    enter_admin,
    history_of_posts,
)
from tests.privacy.erasures import erase, everything, rows_of

# --- all of one, nothing of another -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everything_goes_and_nothing_of_anybody_else(silent_tiktok: list[str]) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    assert {label for label, count in rows_of(user).items() if not count} == NO_ROWS
    before = rows_of(other)
    subject = subject_of(user.pk)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert not any(table.rows_of(subject).exists() for table in erasure_steps.erased_tables())
    assert rows_of(other) == before
    assert silent_tiktok == ["act.zyzzyva"]
    assert search_database(["zyzzyva"]) == []
    assert "caption-xylophone" in set(Post.objects.values_list("caption", flat=True))


# staff's, and those that stay empty
NO_ROWS = {
    *("admin.LogEntry", "accounts.User_groups", "accounts.User_user_permissions"),
    *("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken"),
    *("account.EmailAddress", "account.EmailConfirmation", "socialaccount.SocialToken"),
}


@pytest.mark.django_db
def test_the_receipt_names_nobody_and_counts_everything(silent_tiktok: list[str], client: Client) -> None:
    user = everything("zyzzyva")
    erasure = erase(user)
    assert (erasure.user_id, erasure.account_ids, bytes(erasure.sealed_identifiers)) == (None, [], b"")
    assert erasure.verified_at
    assert erasure.told_tiktok is True
    assert sum(erasure.counts.values()) >= 15
    page = client.get(f"/erasures/{erasure.public_id}/").content.decode()
    assert "Erased" in page
    assert "zyzzyva" not in page


@pytest.mark.django_db
def test_the_trail_stays_whole_and_names_nobody(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    pseudonym_before = trail_selectors.pseudonym_of(user.pk)
    events = AccessEvent.objects.filter(subject=pseudonym_before).count()
    erase(user)
    assert not SubjectKey.objects.filter(pk=user.pk).exists()
    assert AccessEvent.objects.filter(subject=pseudonym_before).count() >= events > 0
    trail_chain.verify()


@pytest.mark.django_db
def test_one_account_of_two_goes_alone(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    second = TikTokAccountFactory(user=user, open_id="open-second")
    history_of_posts(second, count=2, until=timezone.now())
    SocialAccount.objects.create(user=user, provider="tiktok", uid="open-second")
    erasure = erase(user, account_id=second.pk)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    assert user.tiktok_accounts.get().open_id == "open-zyzzyva"
    assert SocialAccount.objects.get().uid == "open-zyzzyva"
    user.refresh_from_db()
    assert user.is_active
    assert user.consents.filter(withdrawn_at=None).exists()


@pytest.mark.django_db
def test_what_staff_did_with_a_person_goes_and_never_held_their_name(silent_tiktok: list[str], client: Client) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    enter_admin(client)
    for person in (user, other):
        path = f"/admin/accounts/user/{person.pk}/change/"
        assert client.post(path, {"is_active": "on"}).status_code == 302
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {f"user {user.pk}", f"user {other.pk}"}
    assert erase(user).state == Erasure.State.DONE
    assert LogEntry.objects.get().object_id == str(other.pk)


@pytest.mark.django_db
def test_a_session_that_comes_late_is_found(silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user = everything("zyzzyva")
    late = Session.objects.get()

    def once_more(erasure: Erasure) -> None:
        late.save()

    monkeypatch.setitem(erasure_steps.STEPS, "keys", once_more)
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, ["sessions.Session: rows"])


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["task", "staff", "tiktok", "a%", "user"])
def test_a_name_that_is_a_word_holds_nothing_up(silent_tiktok: list[str], name: str) -> None:
    assert erase(UserFactory(username=name)).state == Erasure.State.DONE


@pytest.mark.django_db
def test_who_was_staff_can_be_erased_and_is_told_what_stays(silent_tiktok: list[str], client: Client) -> None:
    staff = StaffFactory(username="casimir")
    enter_admin(client, staff)
    client.get(f"/admin/accounts/user/{UserFactory().pk}/change/")
    User.objects.filter(pk=staff.pk).update(is_staff=False, is_superuser=False)
    erasure = erase(staff)
    assert (erasure.state, erasure.left) == (Erasure.State.DONE, ["privacy_accessevent.actor"])
    page = client.get(f"/erasures/{erasure.public_id}/").content.decode()
    assert "privacy_accessevent.actor" in page
    assert "nothing was found" not in page


@pytest.mark.django_db
def test_what_nobody_can_take_out_is_told_and_holds_nothing_up(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    user = everything("zyzzyva")
    trail_services.record(
        action=AccessEvent.Action.READ, subjects=[user.pk], what="posts", why="asked about open-zyzzyva"
    )
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.DONE, ["privacy_accessevent.why"])
    assert "erasure_incomplete" in caplog.text


@pytest.mark.django_db
def test_ids_of_posts_and_bytes_are_looked_for_too(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    post = Post.objects.filter(account__user=user).first()
    assert post is not None
    kept = ModelVersion.objects.create(name="v1.0.0", artefact=b"open-zyzzyva", signature=post.public_id, manifest={})
    erasure = erase(user)
    columns = ["predictions_modelversion.artefact", "predictions_modelversion.signature"]
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, columns)
    kept.delete()


@pytest.mark.django_db
def test_who_comes_back_is_somebody_new(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    erase(user)
    assert everything("zyzzyva").pk != user.pk


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tiktok_is_asked_for_a_day_and_then_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*, access_token: str) -> None:
        raise TikTokUnavailable("no_answer", "nobody there")

    monkeypatch.setattr(tiktok_client, "revoke", fail)
    user = everything("zyzzyva")
    erasure = erase(user)
    assert (erasure.state, erasure.steps_done) == (Erasure.State.RUNNING, ["collect", "ledger", "stop"])
    assert Post.objects.exists()
    Erasure.objects.update(due_at=timezone.now() - timedelta(days=2), heartbeat_at=None)
    assert erasure_running.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.told_tiktok is False
    assert not User.objects.exists()


@pytest.mark.django_db
def test_tokens_that_nobody_can_open_hold_nothing_up(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    user = everything("zyzzyva")
    settings.DATA_ENCRYPTION_KEYS = {"new": bytes(32)}
    erasure = erase(user)
    assert (erasure.state, erasure.told_tiktok, silent_tiktok) == (Erasure.State.DONE, False, [])
    assert "revocation_impossible" in caplog.text


@pytest.mark.django_db
def test_an_erasure_from_a_backup_whose_key_is_gone_ends_and_says_so(silent_tiktok: list[str], settings: Any) -> None:
    user = everything("zyzzyva")
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    erasure_steps.STEPS["collect"](erasure)
    Erasure.objects.update(steps_done=["collect"], state=Erasure.State.RUNNING)
    settings.DATA_ENCRYPTION_KEYS = {"new": bytes(32)}
    assert erasure_running.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    assert "lost key" in erasure.left[0]


@pytest.mark.django_db
def test_a_replay_waits_for_nobody(monkeypatch: pytest.MonkeyPatch, silent_tiktok: list[str]) -> None:
    def fail(*, access_token: str) -> None:
        raise TikTokUnavailable("no_answer", "nobody there")

    erase(everything("zyzzyva"))
    # the backup was made in the midst of the person's fourteen days
    Erasure.objects.all().delete()
    user = everything("zyzzyva")
    erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    monkeypatch.setattr(tiktok_client, "revoke", fail)
    call_command("replay_erasures")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_what_is_left_is_told_and_tried_again(silent_tiktok: list[str], caplog: pytest.LogCaptureFixture) -> None:
    user = everything("zyzzyva")
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.set("somewhere:else", "the id open-zyzzyva again")
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, ["Redis: somewhere"])
    assert "erasure_incomplete" in caplog.text
    client.delete("somewhere:else")
    Erasure.objects.update(heartbeat_at=None)
    assert erasure_running.run(erasure_pk=erasure.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("step", erasure_steps.STEPS)
def test_each_step_can_be_done_twice(step: str, silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    before = rows_of(other)
    once = erasure_steps.STEPS[step]

    def twice(erasure: Erasure) -> None:
        once(erasure)
        if erasure.user_id is not None:
            once(Erasure.objects.get(pk=erasure.pk))
            erasure.refresh_from_db()

    monkeypatch.setitem(erasure_steps.STEPS, step, twice)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert search_database(["zyzzyva"]) == []
    assert rows_of(other) == before


# --- queues and tasks -------------------------------------------------------------------------------------------------


def tasks_waiting() -> list[str]:
    """The tasks in the queue, and those that a worker holds."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    queued = [json.loads(raw) for raw in client.lrange("celery:celery", 0, -1)]
    held = [json.loads(raw)[0] for raw in client.hvals("celery:unacked")]
    return sorted(message["headers"]["task"].split(".")[-1] for message in queued + held)


def hand_to_worker() -> None:
    """What a worker that took the newest message leaves in Redis until it is done."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    message = json.loads(client.lpop("celery:celery"))
    client.hset("celery:unacked", "tag", json.dumps([message, "", "celery"]))
    client.zadd("celery:unacked_index", {"tag": time.time()})


@pytest.mark.django_db
def test_messages_about_them_are_taken_out_of_the_queue(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked: list[str] = []
    monkeypatch.setattr("privacy.erasure.search.messages.current_app.control.revoke", lambda ids: revoked.extend(ids))
    user, other = everything("zyzzyva"), everything("xylophone")
    redis.Redis.from_url(settings.REDIS_URL).delete("celery:celery")
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
        access_token(account_id=account_id)
    with pytest.raises(NoConsent), transaction.atomic():
        lock_account(account_id)


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
