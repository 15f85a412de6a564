"""Release of the usual figures of accounts of one size: once a quarter, with noise, never again.

Accounts count whose people agree to learning, each with one value per figure: the median of its posts of that quarter.
docs/anonymity.md states how that protects them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import expm1
from statistics import median

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.linked.selectors import accounts_to_learn_from
from predictions.benchmarks.selectors import SIZES, size_of
from predictions.engine.data.labels import engagement_rate, first_day
from predictions.learning.selectors import published_posts
from predictions.models import Benchmark
from predictions.training.selectors import one_by_one, people_to_learn_from
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.anonymity.releases import Quantile, release
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

FEWEST_POSTS = 5
"""Accounts with fewer posts in the quarter are left out."""
SETTLED_AFTER = timedelta(days=2)
"""Time after which the first day of the quarter's last posts is observed."""
WEEKS = 13

_LIKES = tuple(float(digit * 10**zeros) for zeros in range(7) for digit in (1, 1.5, 2, 3, 5, 7))
_RATES = (0.005, 0.01, 0.015, *(step / 100 for step in range(2, 11)), 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3, 0.4)
_PACES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 50.0)
FIGURES = (
    Quantile("likes_low", 0.25, _LIKES, epsilon=0.5),
    Quantile("likes_typical", 0.5, _LIKES, epsilon=0.5),
    Quantile("likes_high", 0.75, _LIKES, epsilon=0.5),
    Quantile("engagement_rate", 0.5, _RATES, epsilon=0.5),
    Quantile("posts_per_week", 0.5, _PACES, epsilon=0.5),
)


def release_benchmarks(*, now: datetime | None = None) -> int:
    """Release the last quarter's figures once, and return how many sizes had enough accounts.

    A size with too few is recorded without figures, since another draw would reveal more. Of two processes at once,
    the first to store wins, and the other's draw is discarded.
    """
    now = now or timezone.now()
    quarter, until = _last_quarter(now - SETTLED_AFTER)
    if Benchmark.objects.filter(quarter=quarter).exists():
        return 0
    crowds: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    record(
        action=AccessEvent.Action.READ, subjects=people_to_learn_from(), what="posts, to compare accounts of one size"
    )
    for followers, figures in _usual_figures(quarter, until, now):
        crowds[size_of(followers)].append(figures)
    benchmarks = [_benchmark(quarter, size, crowd) for size, crowd in crowds.items()]
    try:
        with transaction.atomic():
            Benchmark.objects.bulk_create(benchmarks)
    except IntegrityError:
        return 0
    released = sum(benchmark.accounts is not None for benchmark in benchmarks)
    log.info("benchmarks_released", quarter=str(quarter), sizes=released)
    return released


def _last_quarter(now: datetime) -> tuple[date, date]:
    """Return the first day of the last complete quarter, and of the next one."""
    until = date(now.year, 3 * ((now.month - 1) // 3) + 1, 1)
    before = until - timedelta(days=1)
    return date(before.year, before.month - 2, 1), until


def _usual_figures(quarter: date, until: date, now: datetime) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the followers and the medians of each account that published enough in the quarter."""
    curve = registry.serving(champion_id()).model.curve
    first, last = (int(datetime.combine(day, time.min, UTC).timestamp()) for day in (quarter, until))
    for account in one_by_one(accounts_to_learn_from().filter(follower_count__isnull=False)):
        published = published_posts(account.pk, now, purpose=Purpose.LEARNING).values()
        posts = [post for post in published if first <= post.posted_at < last]
        labels = [label for post in posts if (label := first_day(post, curve, int(now.timestamp())))]
        rates = [rate for label in labels if (rate := engagement_rate(label)) is not None]
        if min(len(labels), len(rates)) >= FEWEST_POSTS:
            likes = expm1(median(label.logs[0] for label in labels))
            assert account.follower_count is not None
            yield (
                account.follower_count,
                {
                    "likes_low": likes,
                    "likes_typical": likes,
                    "likes_high": likes,
                    "engagement_rate": median(rates),
                    "posts_per_week": len(posts) / WEEKS,
                },
            )


def _benchmark(quarter: date, size: int, crowd: list[dict[str, float]]) -> Benchmark:
    benchmark = Benchmark(quarter=quarter, least_followers=size)
    if released := release(crowd, FIGURES):
        benchmark.accounts = released.accounts
        figures = released.quantiles
        # each has its own noise, so they may cross
        likes = sorted(figures[name] for name in ("likes_low", "likes_typical", "likes_high"))
        benchmark.likes_low, benchmark.likes_typical, benchmark.likes_high = likes
        benchmark.engagement_rate = figures["engagement_rate"]
        benchmark.posts_per_week = figures["posts_per_week"]
    return benchmark
