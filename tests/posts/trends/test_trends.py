"""Trends are released from the posts of consenting accounts, once, with noise, and are shown by API and admin."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import TikTokAccount
from posts.content.captions import measure_caption
from posts.models import HashtagCount, Post, Trend
from posts.models.content import PostContent
from posts.trends import services
from posts.trends.selectors import rising_hashtags
from posts.trends.services import release_trends
from privacy.anonymity.releases import K
from privacy.consent.selectors import current_version
from privacy.models import Consent, Through
from privacy.purposes import Purpose
from privacy.retention.purging import purge_all
from privacy.texts import current_text
from tests.factories import USUAL_CONSENTS, PostFactory, TikTokAccountFactory, UserFactory, disagree, enter_admin
from tests.kept_rows import keeping_rows
from tests.predictions.histories import content_row

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
END = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNTS, DAYS = 80, 20
PLAIN = measure_caption("We baked this bread with our own sourdough #bread")
RISING = measure_caption("We baked this pie with our own apples #applepie")


@pytest.fixture(scope="module")
def accounts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[TikTokAccount]]:
    """Eighty accounts that publish every day: #applepie once in ten days, and all of them in the last 24 hours."""
    with keeping_rows(django_db_blocker):
        accounts: list[TikTokAccount] = [
            TikTokAccountFactory(user__consents=(), follower_counts=None) for _ in range(ACCOUNTS)
        ]
        agree_all(accounts)
        publish(accounts)
        yield accounts


def agree_all(accounts: Sequence[TikTokAccount]) -> None:
    """In one query: consents one by one take most of the time."""
    Consent.objects.bulk_create(
        Consent(
            user=account.user, purpose=purpose, version=current_version(purpose), given_through=Through.PAGE,
            text_fingerprint=current_text(purpose).fingerprint, given_at=timezone.now(),
        )
        for account in accounts
        for purpose in USUAL_CONSENTS
    )  # fmt: skip


def publish(accounts: Sequence[TikTokAccount], *, seen_after: timedelta = timedelta(hours=1)) -> None:
    draw = random.Random(1)
    posts = []
    for i, account in enumerate(accounts):
        hour = draw.randrange(2, 24)
        for day in range(DAYS):
            at = END - timedelta(days=day, hours=hour)
            caption = RISING if day == 0 or (i + day) % 10 == 0 else PLAIN
            built = PostFactory.build(account=account, posted_at=at, first_seen_at=at + seen_after, content=None)
            posts.append((built, caption))
    Post.objects.bulk_create(post for post, _ in posts)
    PostContent.objects.bulk_create(content_row(post, caption) for post, caption in posts)


# first, because the accounts of the others are there from the second test on
def test_a_history_that_a_sign_in_brings_is_no_trend():
    accounts: list[TikTokAccount] = [TikTokAccountFactory(user__consents=(), follower_counts=None) for _ in range(25)]
    agree_all(accounts)
    publish(accounts, seen_after=timedelta(days=3))
    assert release_trends(now=NOW) == 0
    assert not HashtagCount.objects.exclude(tag="").exists()


def test_a_hashtag_that_rises_is_released_with_its_growth_and_language(accounts):
    assert release_trends(now=NOW) == 1
    [trend] = Trend.objects.all()
    assert (trend.tag, trend.language, trend.as_of) == ("applepie", "en", END)
    assert abs(trend.accounts - ACCOUNTS) < 25
    assert trend.growth_low < trend.growth < trend.growth_high
    assert 4 < trend.growth < 30


def test_counts_are_drawn_once_and_a_trend_is_told_once(accounts):
    release_trends(now=NOW)
    stored = list(HashtagCount.objects.order_by("pk").values_list("tag", "ended_at", "accounts"))
    assert release_trends(now=NOW + timedelta(hours=1)) == 0
    assert list(HashtagCount.objects.order_by("pk").values_list("tag", "ended_at", "accounts")) == stored
    assert release_trends(now=NOW + timedelta(hours=6)) == 0
    later = HashtagCount.objects.filter(ended_at__lte=END).order_by("pk").values_list("tag", "ended_at", "accounts")
    assert list(later) == stored
    assert HashtagCount.objects.filter(ended_at=END + timedelta(hours=6)).count() == 3
    assert Trend.objects.count() == 1


def test_only_people_who_agree_to_learning_count(accounts):
    Consent.objects.filter(user__in=[a.user for a in accounts[10:]], purpose=Purpose.LEARNING).delete()
    disagree(accounts[0].user, Purpose.LEARNING)
    assert release_trends(now=NOW) == 0
    # fewer than twenty use any hashtag: none is even counted
    assert set(HashtagCount.objects.values_list("tag", flat=True)) == {""}
    assert K == 20


def test_fewer_than_the_threshold_are_never_released_whatever_the_noise(accounts, monkeypatch):
    Consent.objects.filter(user__in=[a.user for a in accounts[K - 1 :]], purpose=Purpose.LEARNING).delete()
    monkeypatch.setattr(services, "noisy_counts", lambda counts, epsilon: [count * 10 for count in counts])
    assert release_trends(now=NOW) == 0


def test_a_post_that_was_not_known_then_changes_nothing(accounts, monkeypatch):
    # without noise, so that the two can be compared
    monkeypatch.setattr(services, "noisy_counts", lambda counts, epsilon: list(counts))
    release_trends(now=NOW)
    first = list(HashtagCount.objects.order_by("tag", "ended_at").values_list("tag", "ended_at", "accounts"))
    HashtagCount.objects.all().delete()
    for account in accounts[:5]:
        PostFactory(account=account, posted_at=END - timedelta(hours=3), first_seen_at=NOW, text="#applepie #bread")
    Trend.objects.all().delete()
    release_trends(now=NOW)
    assert list(HashtagCount.objects.order_by("tag", "ended_at").values_list("tag", "ended_at", "accounts")) == first


def trend(tag: str, hours_ago: float, language: str = "en", growth: float = 3.0) -> Trend:
    return Trend.objects.create(
        tag=tag, language=language, as_of=timezone.now() - timedelta(hours=hours_ago), accounts=60, growth=growth,
        growth_low=growth / 1.5, growth_high=growth * 1.5,
    )  # fmt: skip


def test_rising_hashtags_are_those_of_the_language_and_of_the_moment():
    now = timezone.now()
    trend("pie", 1), trend("torta", 2, language="es"), trend("fyp", 3, language=""), trend("old", 80)
    assert [each.tag for each in rising_hashtags("", now)] == ["pie", "torta", "fyp"]
    assert [each.tag for each in rising_hashtags("en", now)] == ["pie", "fyp"]
    assert [each.tag for each in rising_hashtags("en", now - timedelta(hours=2))] == ["fyp"]


def test_trends_are_in_the_api_for_people_who_are_signed_in(api):
    trend("pie", 1), trend("torta", 2, language="es")
    assert api.get("/api/v1/trends").status_code in (401, 403)
    api.force_authenticate(UserFactory())
    [shown] = api.get("/api/v1/trends", {"language": "es"}).json()["results"]
    assert (shown["tag"], shown["growth"], shown["accounts"]) == ("torta", 3.0, 60)
    assert api.get("/api/v1/trends").json()["count"] == 2
    assert api.get("/api/v1/trends", {"as_of": "2020-01-01T00:00:00Z"}).json()["count"] == 0
    assert api.get("/api/v1/trends", {"as_of": "yesterday"}).status_code == 400


def test_staff_see_trends_and_they_are_purged_in_time():
    trend("pie", 1), trend("old", 24 * 366)
    HashtagCount.objects.create(tag="pie", ended_at=timezone.now() - timedelta(days=61), accounts=30)
    page = enter_admin(Client()).get("/admin/posts/trend/")
    assert "pie" in page.content.decode()
    purge_all()
    assert [each.tag for each in Trend.objects.all()] == ["pie"]
    assert not HashtagCount.objects.exists()
