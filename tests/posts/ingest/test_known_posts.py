"""A refresh of an account that is known asks for what is new and what can have changed; once a week for everything."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from posts.ingest.schedule import enqueue_due_work
from posts.ingest.selectors import WHOLE_EVERY, WHOLE_UP_TO
from posts.ingest.services import request_refresh
from posts.ingest.storing import store_posts
from posts.models import Listing, Post, PostContent, Refresh
from posts.platforms.tiktok.client import DisplayAPI
from tests.posts.states import drive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _whole_pages(_small_pages, monkeypatch):
    monkeypatch.setattr("posts.platforms.tiktok.client.PAGE_SIZE", 20)


@pytest.fixture
def creator(sandbox, request):
    """A creator with more posts than are always read whole; with as many as the test asks for."""
    sizes = {row["handle"]: row["posts"] for row in sandbox.control.creators()}
    wanted = getattr(request, "param", 0)
    enough = [handle for handle in sizes if sizes[handle] > WHOLE_UP_TO + 20]
    handle = max(enough, key=sizes.__getitem__) if wanted else min(enough, key=sizes.__getitem__)
    oldest = sandbox.control.posts(handle)[-1]["posted_at"]
    for number in range(wanted - sizes[handle]):
        sandbox.control.publish(handle, caption="An old dish", duration_s=20, posted_at=oldest - 3600 * (number + 1))
    assert len(sandbox.control.posts(handle)) >= wanted
    return handle


@pytest.fixture
def account(sandbox, creator, connect):
    """The creator's account, read whole a moment ago, but for the covers: so many pictures would take minutes."""
    account = connect(creator)
    began_at, cursor, is_first = timezone.now(), None, True
    while is_first or cursor is not None:
        page = DisplayAPI(account.pk).page(cursor)
        with transaction.atomic():
            store_posts(lock_account(account.pk), page.posts, timezone.now())
        cursor, is_first = page.next_cursor, False
    PostContent.objects.update(cover_state=PostContent.Cover.UNAVAILABLE)
    Refresh.objects.update(state=Refresh.State.DONE, finished_at=began_at)
    Listing.objects.create(account=account, listed_at=began_at, read_at=began_at, complete_until=began_at)
    return account


def calls(sandbox):
    return {end: len(sandbox.control.requests(end)) for end in ("user/info", "video/list", "video/query")}


def sign_in_again(sandbox, account):
    """Refresh the account; return the refresh and the calls that it took, by endpoint."""
    before = calls(sandbox)
    request_refresh(account_id=account.pk)
    refresh = drive(account)
    assert refresh.state == Refresh.State.DONE
    return refresh, {end: count - before[end] for end, count in calls(sandbox).items()}


@pytest.mark.parametrize("creator", [0, pytest.param(1_000, marks=pytest.mark.prove)], indirect=True)
def test_the_second_sign_in_takes_few_calls_and_a_weekly_one_finds_the_rest(sandbox, creator, account, record_property):
    posts = account.posts.count()
    young, *_, old = sandbox.control.posts(creator)
    new = [sandbox.control.publish(creator, caption=f"New {number}", duration_s=20) for number in range(3)]
    for post in (young, old):
        sandbox.control.delete(post["id"])
    refresh, taken = sign_in_again(sandbox, account)
    assert refresh.newest_only
    assert sum(taken.values()) <= 8, taken
    record_property("calls", f"{sum(taken.values())} for {posts} posts")
    assert set(new) <= set(account.posts.values_list("tiktok_id", flat=True))
    # every young post has fresh counts, or is known to be gone
    week_ago = datetime.now(UTC) - timedelta(days=7)
    kept = account.posts.filter(posted_at__gt=week_ago, deleted_at=None)
    assert not kept.exclude(observations__refresh=refresh).exists()
    is_young = datetime.fromtimestamp(young["posted_at"], UTC) > week_ago
    assert (Post.objects.get(tiktok_id=young["id"]).deleted_at is not None) == is_young
    # what needs the whole list waits for the weekly one
    assert Post.objects.get(tiktok_id=old["id"]).deleted_at is None
    Listing.objects.update(complete_until=timezone.now() - WHOLE_EVERY)
    refresh, taken = sign_in_again(sandbox, account)
    assert not refresh.newest_only
    assert taken["video/list"] > posts // 20
    assert Post.objects.get(tiktok_id=old["id"]).deleted_at is not None
    assert Listing.objects.get().complete_until == refresh.started_at
    assert sign_in_again(sandbox, account)[0].newest_only


def test_beat_starts_the_weekly_whole_listing_and_tries_once_a_day(account):
    now = timezone.now()
    Refresh.objects.update(finished_at=now - timedelta(days=2))
    enqueue_due_work(now)
    assert not Refresh.objects.filter(state__in=Refresh.ACTIVE).exists()
    Listing.objects.update(complete_until=now - WHOLE_EVERY)
    enqueue_due_work(now)
    refresh = Refresh.objects.get(state__in=Refresh.ACTIVE)
    assert not refresh.newest_only
    Refresh.objects.filter(pk=refresh.pk).update(state=Refresh.State.FAILED, finished_at=now)
    enqueue_due_work(now + timedelta(hours=23))
    assert not Refresh.objects.filter(state__in=Refresh.ACTIVE).exists()
    enqueue_due_work(now + timedelta(hours=25))
    assert Refresh.objects.filter(state__in=Refresh.ACTIVE).exists()


@pytest.mark.parametrize("lacking", [{"cursor": 1}, {"complete_until": None}, {"missing": 2}])
def test_a_history_that_may_lack_something_is_read_to_the_end(account, lacking):
    Listing.objects.filter(account=account).update(**lacking)
    assert not request_refresh(account_id=account.pk).newest_only


def test_more_new_posts_than_a_page_are_all_found(sandbox, creator, account):
    new = {sandbox.control.publish(creator, caption=f"New {number}", duration_s=20) for number in range(45)}
    refresh, taken = sign_in_again(sandbox, account)
    assert refresh.newest_only
    # four pages, or some more where TikTok gives shorter ones than were asked for; fewer than the whole list
    assert 4 <= taken["video/list"] < account.posts.count() // 20
    assert new <= set(account.posts.values_list("tiktok_id", flat=True))
    assert not Listing.objects.get().is_unfinished
