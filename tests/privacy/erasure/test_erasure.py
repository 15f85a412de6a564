"""Erasure: everything of a person, everywhere, whatever happens in between; and nothing of anybody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tiktok import client as tiktok_client
from accounts.tiktok.errors import TikTokUnavailable
from posts.models import Post
from predictions.models import ModelVersion
from privacy.declarations.registry import subject_of
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
from tests.privacy.erasure.erasures import erase, everything, rows_of

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
    trail_chain.seal()
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
def test_the_log_of_staff_loses_the_person_and_never_named_them(silent_tiktok: list[str], client: Client) -> None:
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
def test_former_staff_are_erased_and_see_what_stays(silent_tiktok: list[str], client: Client) -> None:
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
def test_permanent_traces_are_in_the_receipt_and_hold_nothing_up(
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
def test_a_person_who_comes_back_is_new(silent_tiktok: list[str]) -> None:
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
def test_a_trace_that_is_left_is_reported_and_tried_again(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
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
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([*erasure_steps.STEPS], id="all"),
        *(pytest.param([step], id=step, marks=pytest.mark.prove) for step in erasure_steps.STEPS),
    ],
)
def test_each_step_can_be_done_twice(
    steps: list[str], silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them in one erasure, and in `make prove` each in one of its own."""
    user, other = everything("zyzzyva"), everything("xylophone")
    before = rows_of(other)
    done: list[str] = []

    def twice(step: str, once: Callable[[Erasure], None]) -> Callable[[Erasure], None]:
        def do(erasure: Erasure) -> None:
            once(erasure)
            if erasure.user_id is not None:
                once(Erasure.objects.get(pk=erasure.pk))
                erasure.refresh_from_db()
            done.append(step)

        return do

    for step in steps:
        monkeypatch.setitem(erasure_steps.STEPS, step, twice(step, erasure_steps.STEPS[step]))
    erasure = erase(user)
    assert erasure.state == Erasure.State.DONE
    assert done == steps
    assert search_database(["zyzzyva"]) == []
    assert rows_of(other) == before
