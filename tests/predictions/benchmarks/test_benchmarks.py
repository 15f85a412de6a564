"""What accounts of one size usually get: of many, one value each, released once, the same whoever asks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from django.test import Client

from accounts.models import TikTokAccount, User
from posts.models import Observation, Post
from predictions.benchmarks import services as benchmarks
from predictions.benchmarks.selectors import SIZES, benchmark_of, most_followers, size_of
from predictions.benchmarks.services import FIGURES, release_benchmarks
from predictions.engine import AccountHistory
from predictions.models import Benchmark
from privacy.anonymity import releases as anonymity
from privacy.anonymity.releases import release
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from tests.factories import BenchmarkFactory, TikTokAccountFactory, disagree, history_of_posts
from tests.predictions.histories import DAY, store, synthetic_histories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, tzinfo=UTC)
QUARTER_ENDS = datetime(2026, 10, 1, tzinfo=UTC)
FOLLOWERS = 5_000
CROWD = 24


def histories(accounts: int, *, posts: int = 6, followers: int = FOLLOWERS, seed: int = 1) -> list[AccountHistory]:
    """Accounts that published enough in the quarter before the one of NOW."""
    until = int(QUARTER_ENDS.timestamp()) - 10 * DAY
    found = synthetic_histories(accounts, posts, until=until, seed=seed)
    return [AccountHistory(f"{seed}-{each.account_id}", followers, each.posts) for each in found]


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> list[TikTokAccount]:
    """Fewer accounts than a release needs, with that limit lowered: quicker to make.

    What noise does to figures of more is looked at in tests/privacy/anonymity/test_releases.py.
    """
    monkeypatch.setattr(anonymity, "SHOWN_FROM", anonymity.K)
    monkeypatch.setattr(anonymity, "_noisy_count", lambda count: count)
    return store(histories(CROWD))


@pytest.fixture
def crowds_seen(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Any]]:
    """The crowds that figures are drawn of, as they are before the noise."""
    seen: list[Sequence[Any]] = []

    def watched(crowd: Sequence[Any], figures: Any) -> Any:
        seen.append(crowd)
        return release(crowd, figures)

    monkeypatch.setattr(benchmarks, "release", watched)
    return seen


def figures_of(benchmark: Benchmark) -> list[float | None]:
    return [getattr(benchmark, figure.name) for figure in FIGURES]


# --- whom they are of -------------------------------------------------------------------------------------------------


def test_a_size_with_enough_accounts_is_released(crowd: list[TikTokAccount]) -> None:
    assert release_benchmarks(now=NOW) == 1
    benchmark = benchmark_of(FOLLOWERS)
    assert benchmark is not None
    assert (benchmark.quarter.isoformat(), benchmark.until.isoformat()) == ("2026-07-01", "2026-09-30")
    assert benchmark.accounts == CROWD
    assert benchmark.likes_low <= benchmark.likes_typical <= benchmark.likes_high  # type: ignore[operator]
    assert all(getattr(benchmark, figure.name) in figure.candidates for figure in FIGURES)


def test_each_account_counts_once_with_its_usual_post(crowds_seen: list[Sequence[Any]]) -> None:
    """One that publishes a post a day, one of them viral, beside one that hardly does."""
    busy, slow = histories(1, posts=36, seed=2), histories(1, posts=5, seed=3)
    [busy_account, _] = store([*busy, *slow])
    viral = Post.objects.filter(account=busy_account).first()
    Observation.objects.filter(post=viral).update(likes=10**9)
    release_benchmarks(now=NOW)
    [both] = [crowd for crowd in crowds_seen if crowd]
    usual, other = sorted(both, key=lambda each: each["posts_per_week"], reverse=True)
    assert usual["posts_per_week"] > other["posts_per_week"]
    counts = [
        max(counts.likes for counts in post.observations if counts.observed_at - post.posted_at == DAY)
        for post in busy[0].posts
    ]
    assert usual["likes_typical"] == pytest.approx(median(counts), rel=0.1)


@pytest.mark.parametrize("posts", [0, 4])
def test_who_hardly_published_has_no_usual(posts: int, crowds_seen: list[Sequence[Any]]) -> None:
    store(histories(1, posts=posts)) if posts else TikTokAccountFactory(follower_count=FOLLOWERS)
    release_benchmarks(now=NOW)
    assert [len(crowd) for crowd in crowds_seen] == [0] * len(SIZES)


@pytest.mark.parametrize("purpose", [Purpose.LEARNING, Purpose.SERVICE])
def test_accounts_without_consent_do_not_count(purpose: Purpose, crowds_seen: list[Sequence[Any]]) -> None:
    first, *_ = store(histories(3))
    disagree(first.user, purpose)
    release_benchmarks(now=NOW)
    assert [len(crowd) for crowd in crowds_seen if crowd] == [2]


def test_other_sizes_and_other_quarters_are_not_mixed_in(crowds_seen: list[Sequence[Any]]) -> None:
    store([*histories(2), *histories(3, followers=50_000, seed=2)])
    release_benchmarks(now=NOW)
    assert [len(crowd) for crowd in crowds_seen] == [0, 2, 3, 0, 0]
    crowds_seen.clear()
    release_benchmarks(now=NOW + timedelta(days=92))
    assert [len(crowd) for crowd in crowds_seen] == [0] * len(SIZES)


def test_too_few_accounts_are_withheld_and_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store(histories(anonymity.K + 5))
    assert release_benchmarks(now=NOW) == 0
    assert benchmark_of(FOLLOWERS) is None
    assert Benchmark.objects.count() == len(SIZES)
    monkeypatch.setattr(anonymity, "SHOWN_FROM", 0)
    assert release_benchmarks(now=NOW + timedelta(days=1)) == 0
    assert benchmark_of(FOLLOWERS) is None


# --- asked again ------------------------------------------------------------------------------------------------------


def test_the_difference_before_and_after_somebody_left_is_nothing(crowd: list[TikTokAccount]) -> None:
    """Asking again, with one account fewer or with many, would tell about that account, or wear the noise off."""
    release_benchmarks(now=NOW)
    before = list(Benchmark.objects.values())
    crowd[0].user.delete()
    disagree(crowd[1].user, Purpose.LEARNING)
    assert [release_benchmarks(now=NOW + timedelta(days=days)) for days in range(3)] == [0, 0, 0]
    assert list(Benchmark.objects.values()) == before


def test_of_two_processes_at_once_one_draw_stays(crowd: list[TikTokAccount], monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[list[float | None]] = []

    def overtaken(of: Any, figures: Any) -> Any:
        monkeypatch.setattr(benchmarks, "release", release)
        release_benchmarks(now=NOW)
        stored.extend(figures_of(each) for each in Benchmark.objects.all())
        return release(of, figures)

    monkeypatch.setattr(benchmarks, "release", overtaken)
    assert release_benchmarks(now=NOW) == 0
    assert [figures_of(each) for each in Benchmark.objects.all()] == stored


def test_whose_posts_were_read_is_written_down(crowd: list[TikTokAccount]) -> None:
    before = AccessEvent.objects.count()
    release_benchmarks(now=NOW)
    assert AccessEvent.objects.count() - before == CROWD
    assert "accounts of one size" in AccessEvent.objects.latest("pk").what


# --- shown ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def released() -> Benchmark:
    benchmark: Benchmark = BenchmarkFactory()
    return benchmark


@pytest.fixture
def reader(client: Client) -> User:
    user: User = TikTokAccountFactory(follower_count=FOLLOWERS).user
    client.force_login(user)
    return user


def test_rest_tells_the_figures_of_the_accounts_size(client: Client, reader: User, released: Benchmark) -> None:
    account = reader.tiktok_accounts.get()
    answer = client.get(f"/api/v1/accounts/{account.public_id}/benchmark/")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["quarter"], told["until"]) == ("2026-07-01", "2026-09-30")
    assert (told["least_followers"], told["most_followers"], told["accounts"]) == (1_000, 9_999, 120)
    assert [told[figure.name] for figure in FIGURES] == [70, 200, 500, 0.08, 2]


@pytest.mark.parametrize("followers", [None, 50_000])
def test_rest_answers_404_where_there_are_none(
    followers: int | None, client: Client, reader: User, released: Benchmark
) -> None:
    account = reader.tiktok_accounts.get()
    account.follower_count = followers
    account.save()
    assert client.get(f"/api/v1/accounts/{account.public_id}/benchmark/").status_code == 404


def test_the_posts_page_tells_them_in_words(client: Client, reader: User, released: Benchmark) -> None:
    history_of_posts(reader.tiktok_accounts.get(), count=3, until=NOW)
    page = " ".join(client.get("/posts/").content.decode().split())
    for told in ("Accounts of your size", "1,000 to 9,999 followers", "July to September 2026", "70–500", "8 %"):
        assert told in page


def test_a_later_quarter_without_figures_hides_those_before(released: Benchmark) -> None:
    Benchmark.objects.create(quarter="2026-10-01", least_followers=1_000)
    assert benchmark_of(FOLLOWERS) is None


@pytest.mark.parametrize(("followers", "least", "most"), [(0, 0, 999), (999, 0, 999), (1_000, 1_000, 9_999)])
def test_sizes_meet_without_gap(followers: int, least: int, most: int) -> None:
    assert (size_of(followers), most_followers(size_of(followers))) == (least, most)
    assert most_followers(SIZES[-1]) is None
