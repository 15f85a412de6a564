"""What a refresh says of itself while TikTok fails, how its wait ends, and how unfinished histories are finished."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.linked.services import disconnect_account
from posts.ingest import refreshing, schedule
from posts.ingest.progress import refresh_status
from posts.ingest.selectors import FINISH_AFTER, accounts_to_finish, accounts_to_list, due_observations
from posts.ingest.services import HURRY_EVERY, request_refresh
from posts.models import Listing, Refresh
from tests.posts.states import assert_each_post_once, drive, latest_refresh

pytestmark = pytest.mark.django_db(transaction=True)


def run(account):
    """Give the latest refresh one turn, without waiting; return it."""
    refreshing.run_refresh(refresh_id=latest_refresh(account).pk)
    return latest_refresh(account)


def status_of(account) -> Any:
    """Return what is told of the latest refresh."""
    return refresh_status(account)


def ids_of(sandbox, creator):
    return {post["id"] for post in sandbox.control.posts(creator)}


def listings(sandbox):
    return len(sandbox.control.requests("video/list"))


def give_up_after_one_page(sandbox, account, monkeypatch):
    """Let a refresh read one page and give up on the second."""
    monkeypatch.setattr(refreshing, "MAX_ATTEMPTS", 1)
    sandbox.control.fault("500", "video/list", times=None, after=1)
    refresh = drive(account)
    sandbox.control.clear_faults()
    monkeypatch.undo()
    monkeypatch.setattr("posts.platforms.tiktok.client.PAGE_SIZE", 5)
    return refresh


def beat_at(moment):
    """Send the work that is due at a moment, as beat does."""
    with time_machine.travel(moment):
        schedule.enqueue_due_work(moment)


# --- states ---------------------------------------------------------------------------------------------------------


def test_waiting_says_why_and_until_when(sandbox, creator, connect):
    account = connect(creator)
    assert status_of(account).state == "queued"
    sandbox.control.fault("500", "video/list", times=None, after=1)
    run(account)
    status = status_of(account)
    assert (status.state, status.reason, status.is_active) == ("waiting", "tiktok_unavailable", True)
    assert status.next_attempt_at - timezone.now() == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=20))
    posts = account.posts.count()
    assert 0 < posts == status.posts_stored < status.posts_expected
    assert f"{posts} of {status.posts_expected} posts" in status.message
    assert f"{status.next_attempt_at:%H:%M} UTC" in status.message
    assert status.error == ""


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [(None, 60), (7, 7), (600, 600), (3600, 3600), (7200, 3600), (1795795200, 60)],
)
def test_what_tiktok_asks_for_is_waited_and_is_no_attempt(sandbox, creator, connect, retry_after, wait_s):
    account = connect(creator)
    sandbox.control.fault("429", "user/info", times=None, retry_after=retry_after)
    for _ in range(3):
        refreshing.resume_stalled(now=timezone.now() + timedelta(hours=2))
        asked_at = timezone.now()
        refresh = run(account)
        assert (refresh.state, refresh.reason, refresh.attempts) == ("waiting", "tiktok_rate_limited", 0)
        assert refresh.next_attempt_at - asked_at == pytest.approx(timedelta(seconds=wait_s), abs=timedelta(seconds=30))


def test_no_refresh_waits_for_ever(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("429", "user/info", times=None)
    Refresh.objects.update(created_at=timezone.now() - refreshing.LIFE + timedelta(seconds=30))
    refresh = run(account)
    assert (refresh.state, refresh.reason) == ("failed", "tiktok_rate_limited")


@pytest.mark.parametrize("endpoint", ["user/info", "video/list"])
def test_a_refusal_for_no_reason_of_the_persons_is_tried_again(sandbox, creator, connect, endpoint):
    account = connect(creator)
    sandbox.control.fault("invalid_params", endpoint)
    refresh = run(account)
    assert (refresh.state, refresh.reason) == ("waiting", "tiktok_refused")
    assert drive(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_posts_are_read_although_the_profile_can_never_be(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("invalid_params", "user/info", times=None)
    assert drive(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_after_an_outage_nobody_waits_longer_than_five_minutes():
    assert max(refreshing.BACKOFF) <= timedelta(minutes=5)
    assert refreshing.BACKOFF[-1] * (refreshing.MAX_ATTEMPTS - 3) > timedelta(minutes=30)


def test_a_refresh_of_a_disconnected_account_says_so(creator, connect):
    account = connect(creator)
    disconnect_account(account_id=account.pk, now=timezone.now())
    refresh = run(account)
    assert (refresh.state, refresh.reason) == ("failed", "disconnected")
    assert "Connect the account again" in status_of(account).message


# --- ending a wait --------------------------------------------------------------------------------------------------


def test_asking_anew_ends_a_wait_and_uses_up_no_attempt(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("500", "video/list", times=None)
    assert run(account).state == Refresh.State.WAITING
    sandbox.control.clear_faults()
    asked = request_refresh(account_id=account.pk)
    assert (asked.pk, asked.state, asked.next_attempt_at) == (latest_refresh(account).pk, "queued", None)
    refresh = run(account)
    assert (refresh.state, refresh.attempts) == (Refresh.State.DONE, 0)


def test_asking_anew_again_and_again_asks_tiktok_once_a_minute(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("429", "user/info", times=None, retry_after=1800)
    run(account)
    request_refresh(account_id=account.pk)
    run(account)
    asked = len(sandbox.control.requests("user/info"))
    for _ in range(3):
        refresh = request_refresh(account_id=account.pk)
        run(account)
        assert refresh.state == Refresh.State.WAITING
        assert refresh.next_attempt_at is not None
        assert timedelta() < refresh.next_attempt_at - timezone.now() <= HURRY_EVERY
    assert len(sandbox.control.requests("user/info")) == asked
    with time_machine.travel(timezone.now() + HURRY_EVERY):
        assert request_refresh(account_id=account.pk).state == Refresh.State.QUEUED


# --- unfinished histories -------------------------------------------------------------------------------------------


def test_a_history_that_was_given_up_is_finished_by_beat_from_where_it_stopped(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    refresh = give_up_after_one_page(sandbox, account, monkeypatch)
    assert (refresh.state, refresh.reason) == ("partly_read", "tiktok_unavailable")
    first_page = account.posts.count()
    status = status_of(account)
    assert f"{first_page} of {len(ids_of(sandbox, creator))} posts" in status.message
    assert status.error == status.message
    assert status.next_attempt_at - status.finished_at == pytest.approx(FINISH_AFTER, abs=timedelta(seconds=1))

    assert not accounts_to_finish(timezone.now()).exists()
    # an hourly listing meets known posts only, and hides nothing
    schedule.discover_posts(account_id=account.pk)
    assert account.posts.count() == first_page
    beat_at(timezone.now() + FINISH_AFTER + timedelta(minutes=1))
    assert latest_refresh(account).pk != refresh.pk
    pages_before = listings(sandbox)
    assert drive(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))
    rest = -(-(len(ids_of(sandbox, creator)) - first_page) // 5)
    # one page to see what is new, then the rest: short pages may add some
    assert listings(sandbox) - pages_before <= 1 + rest + 2
    assert not accounts_to_finish(timezone.now() + timedelta(days=1)).exists()


def test_the_second_sign_in_finishes_a_history(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    give_up_after_one_page(sandbox, account, monkeypatch)
    connect(creator, user=account.user)
    assert drive(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_two_gaps_in_a_history_are_both_filled(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    give_up_after_one_page(sandbox, account, monkeypatch)
    for number in range(7):
        sandbox.control.publish(creator, caption=f"New dish {number}", duration_s=20)
    request_refresh(account_id=account.pk)
    assert give_up_after_one_page(sandbox, account, monkeypatch).state == Refresh.State.PARTLY_READ
    request_refresh(account_id=account.pk)
    assert drive(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_a_second_whole_listing_that_stops_leaves_no_unfinished_history(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    drive(account)
    request_refresh(account_id=account.pk)
    give_up_after_one_page(sandbox, account, monkeypatch)
    assert not Listing.objects.get().is_unfinished
    assert not accounts_to_finish(timezone.now() + timedelta(days=1)).exists()


def test_a_list_without_some_counted_posts_is_looked_into_once(sandbox, creator, connect):
    hidden = [post["id"] for post in sandbox.control.posts(creator)[3:5]]
    sandbox.control.list_oddly(unlisted=hidden)
    account = connect(creator)
    refresh = drive(account)
    assert (refresh.state, refresh.reason) == ("done", "posts_missing")
    known, counted = account.posts.count(), len(ids_of(sandbox, creator))
    assert f"{known} of {counted} posts were read" in status_of(account).message
    later = timezone.now() + FINISH_AFTER + timedelta(minutes=1)
    beat_at(later)
    assert drive(account).reason == "posts_missing"
    assert account.refreshes.count() == 2
    beat_at(later + timedelta(days=1))
    assert account.refreshes.count() == 2
    # the same difference again, by a sign-in: it stays at that
    request_refresh(account_id=account.pk)
    drive(account)
    assert not accounts_to_finish(later + timedelta(days=1)).exists()


def test_posts_that_a_list_left_out_are_found_by_the_second_look(sandbox, creator, connect):
    sandbox.control.list_oddly(unlisted=[sandbox.control.posts(creator)[3]["id"]])
    account = connect(creator)
    drive(account)
    sandbox.control.list_oddly()
    beat_at(timezone.now() + FINISH_AFTER + timedelta(minutes=1))
    assert (drive(account).state, latest_refresh(account).reason) == ("done", "")
    assert_each_post_once(account, ids_of(sandbox, creator))


@pytest.mark.parametrize(("pinned", "new"), [(1, 8), (3, 8), (1, 30)])
def test_known_posts_that_are_listed_first_hide_no_new_ones(sandbox, creator, connect, pinned, new):
    account = connect(creator)
    drive(account)
    sandbox.control.list_oddly(pinned=[post["id"] for post in sandbox.control.posts(creator)[-pinned:]])
    for number in range(new):
        sandbox.control.publish(creator, caption=f"New dish {number}", duration_s=20)
    schedule.discover_posts(account_id=account.pk)
    if latest_refresh(account).state == Refresh.State.QUEUED:
        drive(account)
    assert set(account.posts.values_list("tiktok_id", flat=True)) == ids_of(sandbox, creator)


# --- what the schedule asks for -------------------------------------------------------------------------------------


def test_videos_that_were_not_allowed_are_not_asked_for_hourly(sandbox, creator, connect):
    account = connect(creator, decline=["video.list"])
    drive(account)
    later = timezone.now() + timedelta(hours=2)
    assert not accounts_to_list(later).exists()
    assert not accounts_to_finish(later).exists()
    assert not due_observations(later, "tiktok")


@pytest.mark.parametrize("asks", ["refresh", "discovery", "observation"])
def test_a_scope_that_tiktok_took_back_is_asked_for_once(sandbox, creator, connect, asks):
    account = connect(creator)
    drive(account)
    account.posts.update(posted_at=datetime.now(UTC) - timedelta(hours=1, minutes=1))
    sandbox.control.fault("scope_not_authorized", "*", times=None)
    later = timezone.now() + timedelta(hours=1)
    assert accounts_to_list(later).exists()
    if asks == "refresh":
        request_refresh(account_id=account.pk)
        assert drive(account).reason == "videos_not_allowed"
    elif asks == "discovery":
        schedule.discover_posts(account_id=account.pk)
    else:
        schedule.observe_account(account_id=account.pk)
    assert not accounts_to_list(later).exists()
    assert not due_observations(timezone.now(), "tiktok")


# --- what is told afterwards ----------------------------------------------------------------------------------------


def test_a_failure_is_told_until_posts_are_read_again(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    drive(account)
    monkeypatch.setattr(refreshing, "MAX_ATTEMPTS", 1)
    sandbox.control.fault("500", "video/list", times=None)
    request_refresh(account_id=account.pk)
    assert drive(account).state == Refresh.State.FAILED
    sandbox.control.clear_faults()
    assert not status_of(account).is_up_to_date
    schedule.discover_posts(account_id=account.pk)
    assert status_of(account).is_up_to_date
