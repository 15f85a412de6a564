"""Posts are observed at their ages, new ones are discovered between sign-ins, no observation is doubled."""

from datetime import UTC, datetime, timedelta

import pytest
import redis as redis_client
import time_machine
from django.conf import settings

from accounts.linked.services import disconnect_account
from accounts.models import Credential
from posts.ingest import schedule
from posts.ingest.selectors import HALF_A_BEAT, WINDOWS, due_observations, posts_to_observe
from posts.ingest.tasks import observe_due_posts
from posts.models import Listing, Observation, Post, PostContent, Refresh
from posts.platforms.tiktok.client import DisplayAPI
from tests.factories import PostFactory
from tests.posts.states import drive, latest_refresh

pytestmark = pytest.mark.django_db(transaction=True)

AGES = (1, 6, 24, 72, 168)


@pytest.fixture
def later(sandbox):
    """`later(moment)` moves the application's clock, and the sandbox's with it."""
    travellers: list[time_machine.travel] = []

    def move(moment: datetime) -> None:
        sandbox.control.advance(max(0.0, moment.timestamp() - sandbox.control.now()))
        while travellers:
            travellers.pop().stop()
        travellers.append(time_machine.travel(moment))
        travellers[-1].start()

    yield move
    while travellers:
        travellers.pop().stop()


@pytest.fixture
def account(creator, connect):
    """A connected account whose posts were fetched."""
    account = connect(creator)
    assert drive(account).state == Refresh.State.DONE
    Observation.objects.all().delete()
    return account


def publish(sandbox, creator):
    """Publish a post in the sandbox; return its id and when it was published."""
    post_id = sandbox.control.publish(creator, caption="New recipe #cooking", duration_s=20)
    posted_at = next(post["posted_at"] for post in sandbox.control.posts(creator) if post["id"] == post_id)
    return post_id, datetime.fromtimestamp(posted_at, UTC)


def due_to_observe(now):
    return sorted({due.account_id for due in due_observations(now, "tiktok")})


def beat():
    """Do what is due now, as beat and the workers would."""
    now = datetime.now(UTC)
    for account_id in schedule.take_due_listings(now):
        schedule.discover_posts(account_id=account_id)
    for account_id in due_to_observe(now):
        schedule.observe_account(account_id=account_id)


def test_a_post_published_after_the_sign_in_is_observed_at_every_age(sandbox, creator, account, later):
    post_id, posted_at = publish(sandbox, creator)
    for age_h in AGES:
        # an hour before, the listing is due and nothing else is observed too early
        later(posted_at + timedelta(hours=age_h) - timedelta(minutes=4))
        beat()
        assert not Observation.objects.filter(post__tiktok_id=post_id, scheduled_age_h=age_h).exists()
        later(posted_at + timedelta(hours=age_h, minutes=1))
        if age_h == 1:
            Listing.objects.all().delete()  # found at the latest by the listing of this hour
        beat()
        beat()
    rows = Observation.objects.filter(post__tiktok_id=post_id, scheduled_age_h__isnull=False).order_by("observed_at")
    assert [row.scheduled_age_h for row in rows] == list(AGES)
    for row, age_h in zip(rows, AGES, strict=True):
        assert row.observed_at - posted_at == pytest.approx(timedelta(hours=age_h), abs=timedelta(minutes=5))
        truth = sandbox.control.true_counts(creator, post_id, age_h=age_h + 1 / 60)
        assert row.likes == pytest.approx(truth["likes"], rel=0.05, abs=2)


def test_a_discovered_post_comes_with_one_observation_and_its_cover(sandbox, creator, account, later):
    post_id, posted_at = publish(sandbox, creator)
    later(posted_at + timedelta(minutes=70))
    for _ in range(2):
        schedule.discover_posts(account_id=account.pk)
    post = Post.objects.get(tiktok_id=post_id)
    assert post.observations.count() == 1
    assert post.content.cover_state == PostContent.Cover.MEASURED
    assert Observation.objects.count() == 1


def test_listing_stops_at_the_first_page_of_known_posts(sandbox, creator, account):
    listed = len(sandbox.control.requests("video/list"))
    schedule.discover_posts(account_id=account.pk)
    assert len(sandbox.control.requests("video/list")) == listed + 1


def test_when_all_of_many_posts_are_unknown_a_refresh_is_requested(creator, account, monkeypatch):
    monkeypatch.setattr("posts.platforms.tiktok.client.PAGE_SIZE", 2)
    Post.objects.all().delete()
    schedule.discover_posts(account_id=account.pk)
    assert not Post.objects.exists()
    assert latest_refresh(account).state == Refresh.State.QUEUED


def test_accounts_are_listed_hourly_and_quiet_ones_daily(account, later):
    now = datetime.now(UTC)
    assert schedule.take_due_listings(now) == []
    assert schedule.take_due_listings(now + timedelta(hours=1)) == [account.pk]
    assert schedule.take_due_listings(now + timedelta(hours=1)) == []
    much_later = now + timedelta(days=60)
    assert schedule.take_due_listings(much_later) == [account.pk]
    assert schedule.take_due_listings(much_later + timedelta(hours=23)) == []
    assert schedule.take_due_listings(much_later + timedelta(hours=24)) == [account.pk]


@pytest.mark.parametrize("age_h", AGES)
def test_each_age_has_its_window(account, age_h):
    post = PostFactory(account=account)
    age, window = timedelta(hours=age_h), WINDOWS[age_h]

    def due_at(moment):
        return posts_to_observe(age_h, moment).filter(pk=post.pk).exists()

    assert not due_at(post.posted_at + age - timedelta(minutes=3))
    assert due_at(post.posted_at + age)
    assert due_at(post.posted_at + age + window - timedelta(minutes=1))
    assert not due_at(post.posted_at + age + window)


def test_windows_do_not_overlap():
    ends = [timedelta(hours=age_h) + window for age_h, window in WINDOWS.items()]
    starts = [timedelta(hours=age_h) - HALF_A_BEAT for age_h in WINDOWS]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_an_answer_after_the_window_is_not_passed_off_as_in_time(sandbox, creator, account, later):
    post_id, posted_at = publish(sandbox, creator)
    schedule.discover_posts(account_id=account.pk)
    later(posted_at + timedelta(hours=1, minutes=30))
    due = [schedule.DuePost(post, 1) for post in posts_to_observe(1, datetime.now(UTC))]
    counts = DisplayAPI(account.pk).counts([post_id])
    later(posted_at + timedelta(hours=2, minutes=1))
    schedule._store_observations(account.pk, due, counts)
    assert not Observation.objects.filter(scheduled_age_h=1).exists()


def test_observing_twice_at_once_observes_once(sandbox, creator, account, later):
    post_id, posted_at = publish(sandbox, creator)
    schedule.discover_posts(account_id=account.pk)
    later(posted_at + timedelta(hours=1, minutes=1))
    due = [schedule.DuePost(post, 1) for post in posts_to_observe(1, datetime.now(UTC))]
    counts = DisplayAPI(account.pk).counts([post_id])
    for _ in range(2):
        schedule._store_observations(account.pk, due, counts)
    assert Observation.objects.filter(scheduled_age_h=1).count() == 1


def test_more_posts_than_a_query_takes_are_observed_in_batches(sandbox, account, monkeypatch):
    monkeypatch.setattr(DisplayAPI, "batch_size", 5)
    account.posts.update(posted_at=datetime.now(UTC) - timedelta(hours=24))
    posts, asked = account.posts.count(), len(sandbox.control.requests("video/query"))
    assert schedule.observe_account(account_id=account.pk) == posts
    assert len(sandbox.control.requests("video/query")) == asked + -(-posts // 5)
    assert Observation.objects.filter(scheduled_age_h=24).count() == posts


def test_deleted_posts_are_noticed_by_the_schedule(sandbox, creator, account, later):
    post_id, posted_at = publish(sandbox, creator)
    schedule.discover_posts(account_id=account.pk)
    sandbox.control.delete(post_id)
    later(posted_at + timedelta(hours=1, minutes=1))
    beat()
    assert Post.objects.get(tiktok_id=post_id).deleted_at is not None
    later(posted_at + timedelta(hours=6, minutes=1))
    assert due_to_observe(datetime.now(UTC)) == []


@pytest.mark.parametrize("kind", ["500", "429", "truncated"])
def test_a_fault_only_delays_an_observation(sandbox, creator, account, later, kind):
    post_id, posted_at = publish(sandbox, creator)
    schedule.discover_posts(account_id=account.pk)
    later(posted_at + timedelta(hours=1, minutes=1))
    sandbox.control.fault(kind, "video/query", times=None)
    beat()
    assert not Observation.objects.filter(scheduled_age_h=1).exists()
    sandbox.control.clear_faults()
    later(posted_at + timedelta(hours=1, minutes=6))
    beat()
    assert Observation.objects.get(scheduled_age_h=1).post.tiktok_id == post_id


@pytest.mark.parametrize("ended", ["disconnected", "lost"])
def test_accounts_without_a_grant_are_left_alone(account, ended):
    now = datetime.now(UTC) + timedelta(hours=2)
    account.posts.update(posted_at=now - timedelta(hours=1))
    assert due_to_observe(now) == [account.pk]
    if ended == "disconnected":
        disconnect_account(account_id=account.pk, now=now)
    else:
        Credential.objects.update(state=Credential.State.LOST)
    assert due_to_observe(now) == []
    assert schedule.take_due_listings(now) == []
    # a task that was sent before it ended
    assert schedule.observe_account(account_id=account.pk) == 0
    schedule.discover_posts(account_id=account.pk)
    assert not Observation.objects.exists()


def test_the_beat_sends_one_task_for_each_account_and_kind(account):
    now = datetime.now(UTC)
    Listing.objects.update(listed_at=now - timedelta(hours=1))
    account.posts.update(posted_at=now - timedelta(hours=1))
    queue = redis_client.Redis.from_url(settings.REDIS_URL)
    queue.delete("celery:outside")
    observe_due_posts()
    assert queue.llen("celery:outside") == 2
