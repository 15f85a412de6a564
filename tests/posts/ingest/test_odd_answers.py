"""One odd value takes nothing else with it; what TikTok refuses or asks for is heeded; a cover harms no other cover."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.credentials.services import access_token
from accounts.models import Credential
from accounts.tiktok.client import SCOPES
from accounts.tiktok.errors import ScopeMissing, TikTokRateLimited, TikTokUnavailable
from posts.content.pictures import measure_cover
from posts.ingest import measuring, refreshing, schedule
from posts.ingest.refreshing import resume_stalled, run_refresh
from posts.ingest.selectors import (
    COVER_DELAYS,
    MAX_COVER_ATTEMPTS,
    accounts_to_finish,
    accounts_to_list,
    due_covers,
    pending_covers,
)
from posts.ingest.services import request_refresh
from posts.ingest.storing import store_posts
from posts.models import Listing, Observation, PostContent, Refresh
from posts.platforms.base import FetchedCounts, FetchedPost
from posts.platforms.tiktok.client import DisplayAPI
from tests.outside.outsiders import answers, outsider
from tests.posts.states import assert_like_the_sandbox, drive, latest_refresh

pytestmark = pytest.mark.django_db(transaction=True)


def run(account):
    """Run the account's latest refresh once."""
    run_refresh(refresh_id=latest_refresh(account).pk)
    return latest_refresh(account)


@pytest.mark.parametrize("changes", [{"like_count": -1}, {"duration": 3_000_000_000, "is_aigc": "no", "title": []}])
def test_an_odd_value_of_a_video_is_unknown_and_the_rest_is_stored(sandbox, creator, connect, changes):
    account = connect(creator)
    sandbox.control.fault("odd", "video/list", changes=changes)
    assert drive(account).state == Refresh.State.DONE
    published = sandbox.control.posts(creator)
    assert account.posts.count() == len(published)
    newest = Observation.objects.get(post__tiktok_id=published[0]["id"])
    assert newest.likes == (None if "like_count" in changes else published[0]["likes"])
    # and a refresh without it knows all
    request_refresh(account_id=account.pk)
    assert drive(account).state == Refresh.State.DONE
    assert_like_the_sandbox(account, published)


@pytest.mark.parametrize(
    "changes",
    [
        {"likes_count": -977433948, "open_id": []},
        {"video_count": 3_000_000_000},
        {"video_count": 10**30, "username": 5},
    ],
)
def test_an_odd_value_of_a_profile_stops_no_refresh(sandbox, creator, connect, changes):
    account = connect(creator)
    sandbox.control.fault("odd", "user/info", changes=changes)
    assert drive(account).state == Refresh.State.DONE
    assert_like_the_sandbox(account, sandbox.control.posts(creator))
    account.refresh_from_db()
    said = changes.get("video_count", account.posts.count())
    assert account.video_count == account.refreshes.get().posts_expected == (said if said < 2**63 else None)


def test_an_odd_value_of_a_profile_leaves_what_was_known(sandbox, creator, connect):
    account = connect(creator)
    drive(account)
    account.refresh_from_db()
    known = (account.display_name, account.follower_count)
    sandbox.control.fault("odd", "user/info", changes={"display_name": 5, "follower_count": -5})
    request_refresh(account_id=account.pk)
    drive(account)
    account.refresh_from_db()
    assert (account.display_name, account.follower_count) == known


@pytest.mark.parametrize("odd", [0, -1, None, 1_700_000_000_000, 4_102_444_800, "1700000000"])
def test_a_video_without_a_usable_time_is_left_out_until_it_has_one(sandbox, creator, connect, odd):
    account = connect(creator)
    sandbox.control.fault("odd", "video/list", changes={"create_time": odd})
    assert DisplayAPI(account.pk).page(None).skipped == 1
    sandbox.control.fault("odd", "video/list", changes={"create_time": odd})
    drive(account)
    published = sandbox.control.posts(creator)
    assert account.posts.count() == len(published) - 1
    request_refresh(account_id=account.pk)
    drive(account)
    assert_like_the_sandbox(account, published)


def test_a_known_post_whose_time_becomes_odd_stays_as_it_is(sandbox, creator, connect):
    account = connect(creator)
    drive(account)
    published = sandbox.control.posts(creator)
    sandbox.control.fault("odd", "video/list", changes={"create_time": 0})
    request_refresh(account_id=account.pk)
    drive(account)
    post = account.posts.get(tiktok_id=published[0]["id"])
    assert (post.posted_at.timestamp(), post.deleted_at) == (published[0]["posted_at"], None)


def test_a_corrected_time_is_taken_over(creator, connect):
    account = connect(creator)
    first, later = (datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2))
    for moment in (first, later):
        store_posts(account, [FetchedPost("1", moment, "", None, "", None, FetchedCounts())], timezone.now())
        assert account.posts.get().posted_at == moment


@pytest.mark.parametrize("odd", [-1, "7", 2**63, 1.5, []])
def test_an_odd_count_in_a_query_leaves_the_other_posts_of_the_batch(sandbox, creator, connect, odd):
    account = connect(creator)
    ids = [post["id"] for post in sandbox.control.posts(creator)[:4]]
    sandbox.control.fault("odd", "video/query", changes={"share_count": odd})
    counts = DisplayAPI(account.pk).counts(ids)
    assert [counts[id].shares is None for id in ids] == [True, False, False, False]
    assert None not in [counts[id].likes for id in ids]


def test_an_odd_id_in_a_query_deletes_no_post(sandbox, creator, connect):
    account = connect(creator)
    ids = [post["id"] for post in sandbox.control.posts(creator)[:4]]
    sandbox.control.fault("odd", "video/query", changes={"id": None})
    assert set(DisplayAPI(account.pk).counts(ids)) == set(ids)


# --- waits and deadlines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "500"])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1800", 1800), ("3600", 3600), ("1795795200", None), ("-5", None), ("９", None), ("", None)],
)
def test_how_long_tiktok_asks_to_wait_is_on_the_error(sandbox, creator, connect, kind, header, seconds):
    account = connect(creator)
    header_bytes = header.encode().decode("latin-1")
    sandbox.control.fault(kind, "video/list", times=None, retry_after=header_bytes)
    with pytest.raises((TikTokRateLimited, TikTokUnavailable)) as asked:
        DisplayAPI(account.pk).page(None)
    assert asked.value.retry_after == seconds
    # a wait that is long is the caller's: TikTok is not asked again at once
    assert (len(sandbox.control.requests("video/list")) == 1) == (seconds is not None)


@pytest.mark.parametrize("kind", ["drip", "bomb"])
def test_an_answer_without_end_ends_at_the_deadline(sandbox, creator, connect, monkeypatch, kind):
    account = connect(creator)
    sandbox.control.fault(kind, "video/list", times=None, seconds=30)
    began = time.monotonic()
    with monkeypatch.context() as impatient:
        impatient.setattr("accounts.tiktok.client.DEADLINE_S", 0.3)
        with pytest.raises(TikTokUnavailable):
            DisplayAPI(account.pk).page(None)
    assert time.monotonic() - began < 15
    sandbox.control.clear_faults()
    assert drive(account).state == Refresh.State.DONE


def test_a_refusal_of_the_token_in_another_word_renews_it_once(creator, connect, settings):
    account = connect(creator)

    def play(connected):
        head = server.heads[-1]
        if b"/v2/oauth/token/" in head:
            renewed = {"access_token": "act.second", "refresh_token": "rft.second", "expires_in": 7200}
            answers(200, json.dumps(renewed).encode())(connected)
        elif b"act.second" in head:
            answers(200, json.dumps({"data": {"videos": []}, "error": {"code": "ok"}}).encode())(connected)
        else:
            answers(401, json.dumps({"error": {"code": "token_expired"}}).encode())(connected)

    with outsider(play) as server:
        settings.TIKTOK_API_URL = server.url
        assert DisplayAPI(account.pk).page(None).posts == ()
    assert server.connections == 3


# --- scopes ----------------------------------------------------------------------------------------------------------


def test_videos_that_were_declined_are_never_asked_for(sandbox, creator, connect):
    account = connect(creator, decline=["video.list"])
    api = DisplayAPI(account.pk)
    for ask in (lambda: api.page(None), lambda: api.counts(["1"]), lambda: api.cover_addresses(["1"])):
        with pytest.raises(ScopeMissing):
            ask()
    drive(account)
    schedule.discover_posts(account_id=account.pk)
    assert sandbox.control.requests("video/list") == sandbox.control.requests("video/query") == []


def test_a_scope_that_tiktok_refuses_is_not_asked_again_until_the_next_grant(sandbox, creator, connect):
    account = connect(creator)
    api = DisplayAPI(account.pk)
    sandbox.control.fault("scope_not_authorized", "video/list", times=None)
    for _ in range(3):
        with pytest.raises(ScopeMissing):
            api.page(None)
    assert len(sandbox.control.requests("video/list")) == 1
    assert "video.list" not in Credential.objects.get().scopes
    sandbox.control.clear_faults()
    connect(creator, user=account.user)
    assert api.page(None).posts


def test_a_renewal_that_grants_a_scope_anew_lets_it_be_asked(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("scope_not_authorized", "video/list")
    with pytest.raises(ScopeMissing):
        DisplayAPI(account.pk).page(None)
    Credential.objects.update(access_expires_at=timezone.now())
    assert access_token(account_id=account.pk)
    assert DisplayAPI(account.pk).page(None).posts


def test_of_the_profiles_scopes_the_refused_one_is_found_out_once(sandbox, creator, connect):
    account = connect(creator)
    # together, then each by itself: the second of them is refused
    sandbox.control.fault("scope_not_authorized", "user/info")
    sandbox.control.fault("scope_not_authorized", "user/info", after=2)
    profile = DisplayAPI(account.pk).profile(SCOPES)
    assert profile.display_name
    assert profile.follower_count is not None
    assert profile.username == ""
    left = Credential.objects.get().scopes
    assert set(SCOPES) - set(left) == {"user.info.profile"}
    asked = len(sandbox.control.requests("user/info"))
    assert DisplayAPI(account.pk).profile(left).display_name
    assert len(sandbox.control.requests("user/info")) == asked + 1


# --- covers ----------------------------------------------------------------------------------------------------------


class _WorkerDied(BaseException):
    """As a signal ends a process: nothing in the code catches it."""


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, ValueError, OSError, RecursionError, ZeroDivisionError])
def test_an_error_in_one_cover_ends_no_other(sandbox, creator, connect, monkeypatch, error):
    account = connect(creator)
    calls: list[bytes] = []

    def fail_at_first(data, **options):
        calls.append(data)
        if len(calls) == 1:
            raise error("not what was expected")
        return measure_cover(data, **options)

    monkeypatch.setattr(measuring, "measure_cover", fail_at_first)
    assert drive(account).state == Refresh.State.DONE
    assert PostContent.objects.exclude(cover_state="measured").count() == 1
    assert PostContent.objects.get(cover_state="pending").cover_attempts == 1


def test_a_cover_that_kills_the_worker_is_not_met_first_again(sandbox, creator, connect, monkeypatch):
    account = connect(creator)
    deadly: list[bytes] = []

    def die_of_the_first(data, **options):
        if not deadly:
            deadly.append(data)
        if data == deadly[0]:
            raise _WorkerDied
        return measure_cover(data, **options)

    monkeypatch.setattr(measuring, "measure_cover", die_of_the_first)
    for _ in range(2):
        with pytest.raises(_WorkerDied):
            drive(account)
        # as beat does after the lease
        Refresh.objects.update(claim=None)
    assert PostContent.objects.filter(cover_state="measured").count() == account.posts.count() - 1
    # it is due again in a minute; until then a refresh ends without it
    assert drive(account).state == Refresh.State.DONE
    assert PostContent.objects.get(cover_state="pending").cover_attempts == 2


def test_covers_that_cannot_be_had_for_an_hour_are_not_lost(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("truncated", "cover", times=None)
    drive(account)
    for _ in range(20):
        schedule.discover_posts(account_id=account.pk)
    assert set(PostContent.objects.values_list("cover_state", "cover_attempts")) == {("pending", 2)}
    sandbox.control.clear_faults()
    PostContent.objects.update(cover_retry_at=timezone.now() - timedelta(seconds=1))
    schedule.discover_posts(account_id=account.pk)
    assert set(PostContent.objects.values_list("cover_state", "cover_attempts")) == {("measured", 0)}


def test_covers_are_given_up_within_days():
    assert list(COVER_DELAYS) == sorted(COVER_DELAYS)
    assert timedelta(days=5) < sum(COVER_DELAYS, timedelta(0)) < timedelta(days=10)
    assert len(COVER_DELAYS) + 1 == MAX_COVER_ATTEMPTS


# --- lists without end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("videos", ["none", "the same", "unusable"])
def test_a_list_that_promises_more_for_ever_keeps_no_worker(creator, connect, settings, monkeypatch, videos):
    monkeypatch.setattr(refreshing, "MAX_BARREN_PAGES", 5)
    monkeypatch.setattr(refreshing, "MAX_SKIPPED", 1)
    monkeypatch.setattr(refreshing, "MAX_ATTEMPTS", 3)
    account = connect(creator)
    asked = itertools.count()

    def play(connected):
        if b"/v2/user/info/" in server.heads[-1]:
            data: dict[str, Any] = {"user": {}}
        else:
            # each cursor is older than the one before: the list seems to move on
            cursor = 1_795_000_000_000 - next(asked)
            listed = {"none": [], "the same": [{"id": "7301", "create_time": 1_700_000_000}], "unusable": [{}]}
            data = {"videos": listed[videos], "cursor": cursor, "has_more": True}
        answers(200, json.dumps({"data": data, "error": {"code": "ok"}}).encode())(connected)

    with outsider(play) as server:
        settings.TIKTOK_API_URL = server.url
        refresh = run(account)
        assert (refresh.state, refresh.reason) == (Refresh.State.WAITING, Refresh.Reason.UNEXPECTED_ANSWER)
        assert next(asked) <= 7
        # waiting for it is no progress: the attempts run out
        refresh = drive(account)
        assert refresh.state in (Refresh.State.FAILED, Refresh.State.PARTLY_READ)


# --- clocks that were wrong -----------------------------------------------------------------------------------------


def test_a_wait_that_began_under_a_wrong_clock_ends(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("500", "video/list", times=None)
    assert run(account).state == Refresh.State.WAITING
    sandbox.control.clear_faults()
    ahead = timezone.now() + timedelta(days=365)
    Refresh.objects.update(next_attempt_at=ahead, hurried_at=ahead, heartbeat_at=ahead)
    [refresh_id] = resume_stalled()
    Refresh.objects.filter(pk=refresh_id).update(heartbeat_at=ahead)
    # the message of that refresh was lost under the wrong clock, too
    assert resume_stalled() == [refresh_id]
    assert run(account).state == Refresh.State.DONE


def test_asking_anew_ends_a_wait_of_a_wrong_clock(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("500", "video/list", times=None)
    run(account)
    ahead = timezone.now() + timedelta(days=365)
    Refresh.objects.update(next_attempt_at=ahead, hurried_at=ahead)
    assert request_refresh(account_id=account.pk).state == Refresh.State.QUEUED


def test_what_was_listed_and_tried_under_a_wrong_clock_is_due(creator, connect):
    account = connect(creator)
    drive(account)
    now = timezone.now()
    ahead = now + timedelta(days=365)
    assert account.pk not in accounts_to_list(now).values_list("pk", flat=True)
    Listing.objects.update(listed_at=ahead, complete_until=None)
    Refresh.objects.update(finished_at=ahead, reason=Refresh.Reason.INTERRUPTED)
    assert account.pk in accounts_to_list(now).values_list("pk", flat=True)
    assert account.pk in accounts_to_finish(now).values_list("pk", flat=True)
    PostContent.objects.update(cover_state=PostContent.Cover.PENDING, cover_retry_at=ahead)
    assert due_covers(pending_covers(account.pk), now).count() == account.posts.count()
