"""A refresh stores every post once, despite failures and concurrency."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.linked.services import disconnect_account
from accounts.tiktok.client import Profile
from posts.ingest import measuring, refreshing, storing
from posts.ingest.selectors import accounts_to_finish
from posts.ingest.services import NotConnected, request_refresh
from posts.ingest.signals import posts_changed
from posts.models import Observation, Post, PostsChange, Refresh
from posts.platforms.tiktok.client import DisplayAPI
from tests.posts.states import assert_each_post_once, assert_like_the_sandbox, drive, latest_refresh

pytestmark = pytest.mark.django_db(transaction=True)


def ids_of(sandbox, creator):
    return {post["id"] for post in sandbox.control.posts(creator)}


def test_a_sign_in_fetches_every_post_with_its_counts(sandbox, creator, connect):
    account = connect(creator)
    refresh = drive(account)
    assert (refresh.state, refresh.reason) == (Refresh.State.DONE, "")
    published = sandbox.control.posts(creator)
    assert_like_the_sandbox(account, published)
    assert refresh.posts_stored == refresh.posts_expected == len(published)


def test_pages_are_short_and_many(sandbox, creator, connect, monkeypatch):
    monkeypatch.setattr("posts.platforms.tiktok.client.PAGE_SIZE", 1)
    account = connect(creator)
    drive(account)
    assert_each_post_once(account, ids_of(sandbox, creator))
    assert len(sandbox.control.requests("video/list")) == len(ids_of(sandbox, creator))


def test_a_second_refresh_adds_observations_and_nothing_else(sandbox, creator, connect):
    account = connect(creator)
    drive(account)
    request_refresh(account_id=account.pk)
    drive(account)
    published = sandbox.control.posts(creator)
    assert_like_the_sandbox(account, published)
    assert Observation.objects.count() == 2 * len(published)
    assert len(sandbox.control.requests("cover")) == len(published)  # measured once


def test_a_finished_refresh_is_not_run_again(sandbox, creator, connect):
    account = connect(creator)
    refresh = drive(account)
    calls = len(sandbox.control.requests())
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert len(sandbox.control.requests()) == calls


def test_one_refresh_at_a_time_for_each_account(sandbox, creator, connect):
    account = connect(creator)
    first = latest_refresh(account)
    assert request_refresh(account_id=account.pk) == first
    drive(account)
    in_threads(4, request_refresh, account_id=account.pk)
    assert Refresh.objects.count() == 2


def in_threads(count, function, **arguments):
    """Call the function in `count` threads at once, each with a database connection of its own."""

    def call():
        try:
            function(**arguments)
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_workers_with_the_same_message_fetch_once(sandbox, creator, connect):
    account = connect(creator)
    refresh = latest_refresh(account)
    sandbox.control.fault("slow", "video/list", times=None, seconds=0.2)
    in_threads(2, refreshing.run_refresh, refresh_id=refresh.pk)
    assert latest_refresh(account).state == Refresh.State.DONE
    assert len(sandbox.control.requests("user/info")) == 1
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_a_worker_that_counted_as_dead_can_write_nothing_more(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    refresh = latest_refresh(account)
    fetch_page = DisplayAPI.page
    overtaken: list[bool] = []

    def overtaken_meanwhile(api, cursor):
        page = fetch_page(api, cursor)
        if not overtaken:
            overtaken.append(True)
            assert refreshing.resume_stalled(now=timezone.now() + timedelta(hours=1)) == [refresh.pk]
            refreshing.run_refresh(refresh_id=refresh.pk)
        return page

    monkeypatch.setattr(DisplayAPI, "page", overtaken_meanwhile)
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert latest_refresh(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_the_profile_of_another_account_is_not_stored(creator, connect, monkeypatch):
    account = connect(creator)
    monkeypatch.setattr(DisplayAPI, "profile", lambda *args: Profile(open_id="another", display_name="Another"))
    refreshing.run_refresh(refresh_id=latest_refresh(account).pk)
    account.refresh_from_db()
    assert (account.display_name, latest_refresh(account).next_attempt_at is None) == ("", False)


# (module, step, at which of its calls it fails)
STEPS = [
    (refreshing, "_fetch_profile", 1),
    (refreshing, "_store_page", 1),
    (refreshing, "_store_page", 2),
    (refreshing, "store_posts", 2),
    (storing, "_measure_captions", 2),
    (refreshing, "append_observations", 2),
    (refreshing, "record_change", 2),
    (refreshing, "_advance", 2),
    (refreshing, "_notice_deleted", 1),
    (refreshing, "_measure_covers", 1),
    (DisplayAPI, "cover", 7),
    (measuring, "_save", 1),
    (refreshing, "_finish", 1),
]


@pytest.mark.parametrize(("module", "step", "failing"), STEPS, ids=[f"{step}-{call}" for _, step, call in STEPS])
def test_a_refresh_resumes_after_a_failure_at_any_step(sandbox, creator, connect, monkeypatch, module, step, failing):
    account = connect(creator)
    function, calls = getattr(module, step), []

    def fail_once(*args, **kwargs):
        calls.append(step)
        if len(calls) == failing:
            raise SystemExit(step)
        return function(*args, **kwargs)

    monkeypatch.setattr(module, step, fail_once)
    with pytest.raises(SystemExit):
        refreshing.run_refresh(refresh_id=latest_refresh(account).pk)
    assert latest_refresh(account).state == Refresh.State.FETCHING
    assert drive(account).state == Refresh.State.DONE
    assert_like_the_sandbox(account, sandbox.control.posts(creator))


def test_a_refresh_that_keeps_breaking_ends_with_a_sentence(sandbox, creator, connect, monkeypatch):
    account = connect(creator)

    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(refreshing, "_store_page", broken)
    for _ in range(refreshing.MAX_ATTEMPTS + 2):
        refreshing.resume_stalled(now=timezone.now() + timedelta(hours=1))
        try:
            refreshing.run_refresh(refresh_id=latest_refresh(account).pk)
        except MemoryError:
            continue
    ended = latest_refresh(account)
    assert (ended.state, ended.reason) == ("failed", "interrupted")
    # what kills its workers is not tried again at once
    assert not accounts_to_finish(timezone.now() + timedelta(hours=23)).exists()
    assert accounts_to_finish(timezone.now() + timedelta(hours=25)).exists()


def test_a_lost_message_and_a_lost_worker_are_both_found(creator, connect):
    account = connect(creator)
    refresh = latest_refresh(account)
    assert refreshing.resume_stalled() == []
    later = timezone.now() + refreshing.LEASE + timedelta(seconds=1)
    assert refreshing.resume_stalled(now=later) == [refresh.pk]
    # queued again: its message gets as long as the first one
    assert refreshing.resume_stalled(now=later) == []
    Refresh.objects.update(state=Refresh.State.FETCHING, claim="00000000-0000-0000-0000-000000000001")
    assert refreshing.resume_stalled(now=later + timedelta(hours=1)) == [refresh.pk]
    assert latest_refresh(account).claim is None


def test_long_work_is_handed_over_in_turns(sandbox, creator, connect, monkeypatch):
    monkeypatch.setattr(refreshing, "TURN", timedelta(0))
    account = connect(creator)
    refresh = latest_refresh(account)
    refreshing.run_refresh(refresh_id=refresh.pk)
    refresh.refresh_from_db()
    assert (refresh.state, refresh.claim, refresh.attempts) == (Refresh.State.FETCHING, None, 0)
    monkeypatch.setattr(refreshing, "TURN", timedelta(minutes=5))
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert latest_refresh(account).state == Refresh.State.DONE
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_deleted_posts_are_noticed_and_kept(sandbox, creator, connect):
    account = connect(creator)
    drive(account)
    newest, *_, oldest = sandbox.control.posts(creator)
    for post in (newest, oldest):
        sandbox.control.delete(post["id"])
    request_refresh(account_id=account.pk)
    assert drive(account).state == Refresh.State.DONE
    gone = set(account.posts.exclude(deleted_at=None).values_list("tiktok_id", flat=True))
    assert gone == {newest["id"], oldest["id"]}
    assert Observation.objects.filter(post__tiktok_id=newest["id"]).count() == 1


def test_a_post_that_the_listing_left_out_does_not_count_as_deleted(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    drive(account)
    left_out = sandbox.control.posts(creator)[0]["id"]
    fetch_page = DisplayAPI.page

    def leave_out(api, cursor):
        page = fetch_page(api, cursor)
        return replace(page, posts=tuple(post for post in page.posts if post.id != left_out))

    monkeypatch.setattr(DisplayAPI, "page", leave_out)
    request_refresh(account_id=account.pk)
    drive(account)
    assert not account.posts.exclude(deleted_at=None).exists()
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_a_post_that_comes_back_is_not_deleted_any_more(sandbox, creator, connect):
    account = connect(creator)
    drive(account)
    Post.objects.filter(account=account).update(deleted_at=timezone.now())
    request_refresh(account_id=account.pk)
    drive(account)
    assert not account.posts.exclude(deleted_at=None).exists()


def test_every_page_raises_the_sequence_and_sends_the_signal(sandbox, creator, connect):
    received = []

    def listen(account_id, **_):
        received.append((account_id, PostsChange.objects.get().sequence))

    posts_changed.connect(listen)
    try:
        account = connect(creator)
        drive(account)
    finally:
        posts_changed.disconnect(listen)
    assert received == [(account.pk, number + 1) for number in range(len(received))]
    assert len(received) >= len(sandbox.control.requests("video/list"))


def test_a_listener_that_fails_stops_nothing(sandbox, creator, connect):
    def listen(**_):
        raise RuntimeError("not interested")

    posts_changed.connect(listen)
    try:
        assert drive(connect(creator)).state == Refresh.State.DONE
    finally:
        posts_changed.disconnect(listen)


def test_a_declined_video_scope_fails_with_a_reason_and_asks_for_no_videos(sandbox, creator, connect):
    account = connect(creator, decline=["video.list"])
    refresh = drive(account)
    assert (refresh.state, refresh.reason) == (Refresh.State.FAILED, "videos_not_allowed")
    assert sandbox.control.requests("user/info")
    assert not sandbox.control.requests("video/list")


def test_declined_profile_scopes_leave_the_posts(sandbox, creator, connect):
    account = connect(creator, decline=["user.info.profile", "user.info.stats"])
    refresh = drive(account)
    assert (refresh.state, refresh.posts_expected) == (Refresh.State.DONE, None)
    account.refresh_from_db()
    assert (account.follower_count, account.username) == (None, "")
    assert_each_post_once(account, ids_of(sandbox, creator))


def test_a_disconnected_account_is_not_refreshed(creator, connect):
    account = connect(creator)
    drive(account)
    disconnect_account(account_id=account.pk, now=timezone.now())
    with pytest.raises(NotConnected):
        request_refresh(account_id=account.pk)


def test_an_account_erased_meanwhile_ends_the_run_quietly(creator, connect, monkeypatch):
    account = connect(creator)
    refresh_id = latest_refresh(account).pk
    store_page = refreshing._store_page

    def erase_first(run, page):
        account.delete()
        return store_page(run, page)

    monkeypatch.setattr(refreshing, "_store_page", erase_first)
    refreshing.run_refresh(refresh_id=refresh_id)
    assert not Post.objects.exists()
