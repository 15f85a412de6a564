"""Erasure: everything of a person, everywhere, whatever happens in between; and nothing of anybody else."""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from inspect import signature
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from allauth.socialaccount.models import SocialAccount
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone

from accounts import credentials
from accounts import services as accounts
from accounts.models import Credential, TikTokAccount, User
from accounts.tiktok import client as tiktok_client
from accounts.tiktok.errors import TikTokUnavailable
from posts.models import Listing, Post, Refresh
from predictions.forgetting import learned_from_forgotten, leave_behind
from predictions.lifecycle import CannotRollBack, promote, roll_back
from predictions.models import ForgottenAccount, ModelVersion
from predictions.pseudonyms import pseudonym
from predictions.registry import RefusedArtefact, make_champion
from privacy import erasing, exporting, ledger, trail
from privacy.consent import NoConsent
from privacy.declarations import Messages, declared, subject_of, tables
from privacy.finding import found_in_database, found_in_redis
from privacy.models import AccessEvent, Erasure, PersonalData, SubjectKey, Through
from privacy.replaying import unknown_erasures
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    FeedbackFactory,
    MissFactory,
    OutcomeFactory,
    PredictionFactory,
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    enter_admin,
    history_of_posts,
)
from tests.prove import SEED, scaled

ROOT = Path(__file__).resolve().parents[2]
TYPES_OF_TEXT = (models.CharField, models.TextField)


@pytest.fixture
def silent_tiktok(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """TikTok takes every revocation; which tokens it was told."""
    told: list[str] = []
    monkeypatch.setattr(tiktok_client, "revoke", lambda *, access_token: told.append(access_token))
    return told


def everything(name: str) -> User:
    """A person with a row in every table, each text of which says whose it is."""
    account = TikTokAccountFactory(
        user__username=f"user-{name}",
        open_id=f"open-{name}",
        union_id=f"union-{name}",
        display_name=f"display-{name}",
        username=f"handle-{name}",
    )
    user: User = account.user
    posts = history_of_posts(account, count=3, until=timezone.now())
    Post.objects.filter(account=account).update(caption=f"caption-{name}")
    prediction = PredictionFactory(account=account, caption=f"draft-{name}", hashtags=[f"tag-{name}"])
    OutcomeFactory(prediction=prediction, post=posts[0])
    FeedbackFactory(prediction=prediction, text=f"words-{name}")
    MissFactory(post=posts[0])
    AccountWeightsFactory(account=account, summary={"of": f"summary-{name}"})
    APITokenFactory(user=user, name=f"token-{name}")
    Refresh.objects.create(account=account, error=f"error-{name}")
    Listing.objects.create(account=account, listed_at=timezone.now())
    SocialAccount.objects.create(
        user=user, provider="tiktok", uid=f"open-{name}", extra_data={"open_id": f"open-{name}"}
    )
    grant = tiktok_client.Grant(
        open_id=f"open-{name}",
        scope=["video.list"],
        access_token=f"act.{name}",
        expires_in=86_400,
        refresh_token=f"rft.{name}",
        refresh_expires_in=864_000,
    )
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session.create()
    exporting.make(export_pk=exporting.request_export(user_id=user.pk).pk)
    credentials.store_grant(Credential(account=account, version=0), grant, timezone.now())
    return user


def rows_of(user: User) -> dict[str, int]:
    """How many rows of the person there are in each table."""
    subject = subject_of(user.pk)
    return {table.model: table.rows_of(subject).count() for table in erasing._children_first()}


def erase(user: User, **options: Any) -> Erasure:
    """Ask for it and let it run to its end."""
    options = {"reason": Erasure.Reason.PERSON, "through": Through.PAGE, "grace": None} | options
    erasure = erasing.request_erasure(user_id=user.pk, **options)
    erasing.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    return erasure


# --- all of one, nothing of another -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everything_goes_and_nothing_of_anybody_else(silent_tiktok: list[str]) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    assert {label for label, count in rows_of(user).items() if not count} == NO_ROWS
    before = rows_of(other)
    subject = subject_of(user.pk)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert not any(table.rows_of(subject).exists() for table in erasing._children_first())
    assert rows_of(other) == before
    assert silent_tiktok == ["act.zyzzyva"]
    assert found_in_database(["zyzzyva"]) == []
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
    pseudonym_before = trail.pseudonym_of(user.pk)
    events = AccessEvent.objects.filter(subject=pseudonym_before).count()
    erase(user)
    assert not SubjectKey.objects.filter(pk=user.pk).exists()
    assert AccessEvent.objects.filter(subject=pseudonym_before).count() >= events > 0
    trail.verify()


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

    monkeypatch.setitem(erasing.STEPS, "keys", once_more)
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
    trail.record(action=AccessEvent.Action.READ, subjects=[user.pk], what="posts", why="asked about open-zyzzyva")
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


# --- asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_has_fourteen_days_and_can_change_their_mind(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    erasure = Erasure.objects.get()
    assert erasure.due_at > timezone.now() + timedelta(days=13)
    assert not erasing.run(erasure_pk=erasure.pk)
    assert erasing.resume_due() == []
    assert "Keep my data" in client.get("/your-data/erasure/").content.decode()
    client.post("/your-data/erasure/", {"wish": "cancel"})
    erasure.refresh_from_db()
    assert (erasure.state, erasure.user_id) == (Erasure.State.CANCELLED, None)
    assert not erasing.run(erasure_pk=erasure.pk, now=timezone.now() + timedelta(days=15))


@pytest.mark.django_db
def test_the_wait_can_be_skipped_and_asking_twice_is_asking_once(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    answer = client.post("/your-data/erasure/", {"wish": "now"})
    erasure = Erasure.objects.get()
    assert answer["Location"] == f"/erasures/{erasure.public_id}/"
    assert erasing.resume_due() == [erasure.pk]


@pytest.mark.django_db
def test_over_the_api_by_people_alone(client: Client) -> None:
    user = UserFactory()
    _, token = accounts.create_api_token(user=user, name="a program")
    program = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/privacy/erasure", headers=program).status_code == 403
    client.force_login(user)
    assert client.get("/api/v1/privacy/erasure").status_code == 404
    asked = client.post("/api/v1/privacy/erasure", {}, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert client.get("/api/v1/privacy/erasure").json() == asked.json()
    assert client.delete("/api/v1/privacy/erasure").status_code == 204
    assert client.delete("/api/v1/privacy/erasure").status_code == 404


@pytest.mark.django_db
def test_over_the_api_at_once(client: Client, silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    client.force_login(user)
    asked = client.post("/api/v1/privacy/erasure", {"now": True}, content_type="application/json")
    assert asked.status_code == 202
    erasure = Erasure.objects.get(public_id=asked.json()["id"])
    assert erasing.run(erasure_pk=erasure.pk)
    assert not User.objects.exists()
    assert "Erased" in client.get(f"/erasures/{erasure.public_id}/").content.decode()


@pytest.mark.django_db
def test_staff_are_refused_and_not_offered_it(client: Client) -> None:
    client.force_login(StaffFactory(username="staff"))
    assert "Erase everything" not in client.get("/your-data/erasure/").content.decode()
    for wish in ("now", "later"):
        answer = client.post("/your-data/erasure/", {"wish": wish}, follow=True)
        assert "Staff cannot be erased while they are staff" in answer.content.decode()
    refused = client.post("/api/v1/privacy/erasure", {"now": True}, content_type="application/json")
    assert refused.status_code == 403
    assert "Staff cannot be erased" in refused.json()["detail"]
    assert not Erasure.objects.exists()


@pytest.mark.django_db
def test_an_account_of_staff_goes_alone(silent_tiktok: list[str]) -> None:
    staff = TikTokAccountFactory(user=StaffFactory()).user
    erasure = erase(staff, account_id=staff.tiktok_accounts.get().pk, reason=Erasure.Reason.TIKTOK)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    assert User.objects.get() == staff


@pytest.mark.django_db
def test_both_accounts_at_once_take_the_person_along(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    first, second = user.tiktok_accounts.get(), TikTokAccountFactory(user=user, open_id="open-second")
    for account_id in (first.pk, second.pk, second.pk):
        erasing.request_erasure(
            user_id=user.pk,
            account_id=account_id,
            reason=Erasure.Reason.TIKTOK,
            through=Through.WEBHOOK,
            grace=None,
        )
    assert list(Erasure.objects.values_list("whole", flat=True)) == [False, False]
    while due := erasing.resume_due():
        for erasure_pk in due:
            assert erasing.run(erasure_pk=erasure_pk)
    assert Erasure.objects.filter(state=Erasure.State.DONE, whole=True).count() == 1
    assert not User.objects.exists()
    assert not SubjectKey.objects.exists()


@pytest.mark.django_db
def test_an_account_that_goes_takes_no_days_from_its_person(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    second = TikTokAccountFactory(user=user, open_id="open-second")
    whole = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    erasure = erase(user, account_id=second.pk, reason=Erasure.Reason.TIKTOK, through=Through.WEBHOOK)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    whole.refresh_from_db()
    assert whole.due_at > timezone.now() + timedelta(days=13)
    assert erasing.cancel_erasure(user_id=user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", [Erasure.Reason.TIKTOK, Erasure.Reason.STAFF, Erasure.Reason.RETENTION])
@pytest.mark.parametrize("asked_before", [False, True])
def test_nobody_cancels_what_others_asked_for(client: Client, reason: Erasure.Reason, asked_before: bool) -> None:
    user = UserFactory()
    client.force_login(user)
    if asked_before:
        client.post("/your-data/erasure/", {"wish": "later"})
    erasing.request_erasure(user_id=user.pk, reason=reason, through=Through.TASK, grace=None)
    assert "Keep my data" not in client.get("/your-data/erasure/").content.decode()
    client.post("/your-data/erasure/", {"wish": "cancel"})
    assert client.delete("/api/v1/privacy/erasure").status_code == 404
    assert Erasure.objects.get().state == Erasure.State.WAITING


@pytest.mark.django_db
def test_staff_may_for_a_stated_reason(client: Client) -> None:
    user = UserFactory()
    enter_admin(client)
    client.post("/admin/accounts/user/", {"action": "erase", "_selected_action": [user.pk]})
    assert Erasure.objects.get().user_id == user.pk
    assert AccessEvent.objects.filter(action="erase").latest("position").why == "ticket 4711, a forecast is off"


@pytest.mark.django_db
def test_tiktok_tells_that_an_account_was_deleted() -> None:
    user = everything("zyzzyva")
    accounts.authorization_removed(
        open_id="open-zyzzyva",
        removed_at=timezone.now() + timedelta(seconds=1),
        delivery="1",
        now=timezone.now(),
        account_deleted=True,
    )
    erasure = Erasure.objects.get()
    assert (erasure.user_id, erasure.reason, erasure.whole) == (user.pk, "tiktok", True)


@pytest.mark.django_db
def test_nobody_gets_in_meanwhile(silent_tiktok: list[str], client: Client) -> None:
    user = everything("zyzzyva")
    client.force_login(user)
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    for name in ("collect", "stop"):
        erasing.STEPS[name](erasure)
    assert client.get("/posts/").status_code == 302
    assert client.post("/predict", {"post": {"text": "x"}}, content_type="application/json").status_code in (401, 403)


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
    assert erasing.run(erasure_pk=erasure.pk)
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
    erasing.STEPS["collect"](erasure)
    Erasure.objects.update(steps_done=["collect"], state=Erasure.State.RUNNING)
    settings.DATA_ENCRYPTION_KEYS = {"new": bytes(32)}
    assert erasing.run(erasure_pk=erasure.pk)
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
    assert erasing.run(erasure_pk=erasure.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("step", erasing.STEPS)
def test_each_step_can_be_done_twice(step: str, silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user, other = everything("zyzzyva"), everything("xylophone")
    before = rows_of(other)
    once = erasing.STEPS[step]

    def twice(erasure: Erasure) -> None:
        once(erasure)
        if erasure.user_id is not None:
            once(Erasure.objects.get(pk=erasure.pk))
            erasure.refresh_from_db()

    monkeypatch.setitem(erasing.STEPS, step, twice)
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert found_in_database(["zyzzyva"]) == []
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
    monkeypatch.setattr("privacy.messages.current_app.control.revoke", lambda ids: revoked.extend(ids))
    user, other = everything("zyzzyva"), everything("xylophone")
    redis.Redis.from_url(settings.REDIS_URL).delete("celery:celery")
    for person in (user, other):
        account = person.tiktok_accounts.get()
        current_app.send_task("posts.tasks.run_refresh", [account.refreshes.get().pk])
        current_app.send_task("posts.tasks.observe_account", kwargs={"account_id": account.pk})
        current_app.send_task("privacy.tasks.extend_retention", [person.pk])
        current_app.send_task("predictions.tasks.update_weights", [account.pk])
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
    delete_rows = erasing.STEPS["rows"]

    def send_and_delete(erasure: Erasure) -> None:
        current_app.send_task("predictions.tasks.update_weights", [account_id])
        delete_rows(erasure)

    monkeypatch.setitem(erasing.STEPS, "rows", send_and_delete)
    assert erase(user).state == Erasure.State.DONE
    assert "update_weights" not in tasks_waiting()


@pytest.mark.django_db
def test_a_message_that_comes_late_is_found(silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    user = everything("zyzzyva")
    account_id = user.tiktok_accounts.get().pk

    def send(erasure: Erasure) -> None:
        current_app.send_task("posts.tasks.discover_posts", [account_id])
        redis.Redis.from_url(settings.REDIS_URL).set(f"cache:1:weights-update:{account_id}", "1")

    with monkeypatch.context() as patched:
        patched.setitem(erasing.STEPS, "keys", send)
        erasure = erase(user)
    assert erasure.left == ["Redis: cache:1:weights-update:", "queue: posts.tasks.discover_posts"]
    Erasure.objects.update(heartbeat_at=None)
    assert erasing.run(erasure_pk=erasure.pk)


@pytest.mark.django_db
def test_a_running_task_ends_at_its_next_step(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    account_id = user.tiktok_accounts.get().pk
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    for name in ("collect", "stop"):
        erasing.STEPS[name](erasure)
    with pytest.raises(NoConsent):
        accounts.access_token(account_id=account_id)
    with pytest.raises(NoConsent), transaction.atomic():
        accounts.lock_account(account_id)


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
        "privacy.tasks.run_erasure"
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
    monkeypatch.setattr("predictions.lifecycle.load", lambda version: None)
    erase(user)
    assert learned_from_forgotten(old)
    with pytest.raises(CannotRollBack, match="left since"):
        roll_back(champion_id=new.pk, by="test", reason="worse")
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
    monkeypatch.setitem(erasing.STEPS, "keys", lambda erasure: ForgottenAccount.objects.all().delete())
    erasure = erase(user)
    assert (erasure.state, erasure.left) == (Erasure.State.RUNNING, ["manifest of v1.0.0"])


@pytest.mark.django_db
def test_a_champion_that_learned_from_them_is_replaced_in_time(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("predictions.forgetting.current_app.send_task", lambda name, **_: sent.append(name))
    user = everything("zyzzyva")
    version("v1.0.0", user.tiktok_accounts.get(), role="champion")
    erase(user)
    leave_behind()
    assert sent == []
    ForgottenAccount.objects.update(forgotten_at=timezone.now() - timedelta(days=6))
    leave_behind()
    assert sent == ["predictions.tasks.retrain_model"]


# --- backups ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_restored_backup_brings_nobody_back(silent_tiktok: list[str], client: Client) -> None:
    everything("bystander")
    erase(everything("zyzzyva"))
    # the backup from before it: the same person, and no word of the erasure
    Erasure.objects.all().delete()
    restored = everything("zyzzyva")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "replay_erasures" in answer.json()["data"]
    call_command("replay_erasures")
    assert not User.objects.filter(pk=restored.pk).exists()
    assert User.objects.count() == 1
    assert unknown_erasures() == []
    assert client.get("/readyz").status_code == 200
    call_command("replay_erasures")


@pytest.mark.django_db
def test_the_ledger_names_nobody_and_shows_when_it_was_altered(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(settings.ERASURE_LEDGER_PATH)
    for name in ("zyzzyva", "xylophone", "quiddity"):
        erase(everything(name))
    text = path.read_text()
    assert not [name for name in ("zyzzyva", "xylophone", "quiddity") if name in text]
    assert json.loads(text.splitlines()[0])["key"] not in caplog.text
    assert len(ledger.entries()) == 3
    lines = text.splitlines()
    path.write_text("\n".join([lines[0], lines[2], lines[3]]) + "\n")
    with pytest.raises(ledger.LedgerBroken, match="Line 2"):
        ledger.entries()


@pytest.mark.django_db
def test_an_erasure_is_written_down_before_anything_is_gone(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    def die(erasure: Erasure) -> None:
        raise KeyboardInterrupt

    user = everything("zyzzyva")
    with monkeypatch.context() as patched:
        patched.setitem(erasing.STEPS, "revoke", die)
        with pytest.raises(KeyboardInterrupt):
            erase(user)
    assert unknown_erasures() == []
    assert client.get("/readyz").status_code == 200
    # the backup of the night before
    Erasure.objects.all().delete()
    assert client.get("/readyz").status_code == 503
    call_command("replay_erasures")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_receipt_holds_what_the_ledger_and_the_log_do(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    erasure = erase(everything("zyzzyva"))
    [entry] = ledger.entries()
    assert entry.pseudonyms == frozenset(erasure.pseudonyms)
    assert ledger.pseudonym(ledger.key(), "open-zyzzyva") in erasure.pseudonyms
    said: list[Any] = [record.msg for record in caplog.records]
    [event] = [each for each in said if "erasure_written_down" in str(each)]
    assert event["line"] == Path(settings.ERASURE_LEDGER_PATH).read_text().splitlines()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("lines_left", [0, 1, 2])
def test_a_ledger_that_lost_lines_is_not_an_empty_one(
    silent_tiktok: list[str], client: Client, lines_left: int
) -> None:
    for name in ("zyzzyva", "xylophone"):
        erase(everything(name))
    path = Path(settings.ERASURE_LEDGER_PATH)
    whole, lines = ledger.entries(), path.read_text().splitlines(keepends=True)
    path.unlink()
    if lines_left:
        path.write_text("".join(lines[:lines_left]))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py rebuild_ledger" in answer.json()["data"]
    out = StringIO()
    call_command("rebuild_ledger", stdout=out)
    assert ("begun anew" in out.getvalue()) == (not lines_left)
    assert ledger.entries() == whole
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_rebuilt_ledger_keeps_the_erased_out(silent_tiktok: list[str]) -> None:
    erase(everything("zyzzyva"))
    path = Path(settings.ERASURE_LEDGER_PATH)
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    call_command("rebuild_ledger")
    Erasure.objects.all().delete()
    everything("zyzzyva")
    call_command("replay_erasures")
    assert not User.objects.exists()


# --- proofs -----------------------------------------------------------------------------------------------------------


def plant_canaries(user: User, dice: random.Random) -> list[str]:
    """A word of its own in every personal text of every row of the person; the words."""
    words: list[str] = []
    subject = subject_of(user.pk)
    for table in tables():
        model = apps.get_model(table.model) if table.person and table.model != "migrations.Migration" else None
        if model is None or not issubclass(model, PersonalData | SocialAccount):
            continue
        texts = [
            column
            for column in model._meta.concrete_fields
            if column.column in table.personal and isinstance(column, TYPES_OF_TEXT) and not column.choices
        ]
        for row in table.rows_of(subject):
            changes = {}
            for column in texts:
                word = f"canary{dice.randrange(10**12):012d}"
                longest = getattr(column, "max_length", None)
                if longest is None or longest >= len(word):
                    changes[column.name] = word
            changes.pop("provider", None)
            if changes:
                model._base_manager.filter(pk=row.pk).update(**changes)
                words += changes.values()
    return words


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [name for (name,) in cursor.fetchall()]
        written = []
        for name in names:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{name}\" t")  # noqa: S608
            written.append(cursor.fetchone()[0])
    return "\n".join(written)


def hits(words: list[str], text: str) -> int:
    return sum(word in text for word in words)


@pytest.mark.django_db
def test_no_canary_survives(silent_tiktok: list[str], caplog: pytest.LogCaptureFixture, client: Client) -> None:
    assert canaries_left(random.Random(SEED), caplog, client) == (0, 0, 0)


@pytest.mark.prove
@pytest.mark.django_db
def test_no_canary_survives_in_many_lives(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture, client: Client, record_property: Any
) -> None:
    lives = scaled(20)
    for number in range(lives):
        assert canaries_left(random.Random(SEED * 1_009 + number), caplog, client, str(number)) == (0, 0, 0)
    record_property("people erased", lives)
    record_property("canaries found", 0)


def canaries_left(
    dice: random.Random, caplog: pytest.LogCaptureFixture, client: Client, name: str = ""
) -> tuple[int, int, int]:
    """How many canaries are found in the database, in Redis and in the logs after an erasure."""
    caplog.set_level(logging.DEBUG)
    user = everything(f"zyzzyva{name}")
    words = plant_canaries(user, dice)
    user.refresh_from_db()
    client.force_login(user)
    for path in ("/posts/", "/settings/", "/forecasts/", "/api/v1/accounts/", "/api/v1/predictions/"):
        client.get(path)
    assert hits(words, dump()) == len(words) > 20
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE, erasure.left
    return hits(words, dump()), len(found_in_redis(words)), hits(words, caplog.text)


KILLED = """
import os, sys
import django
django.setup()
from accounts.tiktok import client
client.revoke = lambda *, access_token: None
from privacy import erasing
from privacy.models import Erasure
Erasure.objects.filter(state="running").update(heartbeat_at=None)
print("begun", flush=True)
erasing.run(erasure_pk=int(sys.argv[1]))
"""


def run_and_kill(erasure_pk: int, after_s: float | None) -> bool:
    """Run the erasure in a process of its own, killed after that long; whether it was killed."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(erasure_pk)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    if after_s is not None:
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


def kills(count: int, name: Callable[[int], str]) -> dict[str, int]:
    """Erase people with that many kills spread over their erasures; each must end whole."""
    dice = random.Random(SEED)
    figures = {"kills": 0, "people": 0, "half-done": 0}
    other = everything("xylophone")
    before = rows_of(other)
    while figures["kills"] < count:
        user = everything(name(figures["people"]))
        erasure = erasing.request_erasure(
            user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
        )
        for _ in range(6):
            figures["kills"] += run_and_kill(erasure.pk, dice.uniform(0.0, 0.12))
        run_and_kill(erasure.pk, None)
        figures["people"] += 1
        erasure.refresh_from_db()
        left = found_in_database([name(figures["people"] - 1)])
        figures["half-done"] += erasure.state != Erasure.State.DONE or bool(left) or rows_of(other) != before
    return figures


@pytest.mark.django_db(transaction=True)
def test_kills_leave_nothing_half_done() -> None:
    figures = kills(3, lambda number: f"zyzzyva{number:04d}end")
    assert figures["half-done"] == 0, figures


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_three_hundred_kills(record_property: Any) -> None:
    figures = kills(scaled(300), lambda number: f"zyzzyva{number:04d}end")
    for name, value in figures.items():
        record_property(name, value)
    assert figures["half-done"] == 0
