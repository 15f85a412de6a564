"""Release of hashtags that rise among the accounts whose people agree to learning.

Noise is drawn once for each hashtag and bucket of six hours and stored; whatever is released is computed from the
stored counts. docs/anonymity.md states how that protects people.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.linked.selectors import accounts_to_learn_from
from posts.models import HashtagCount, Trend
from posts.trends.counting import BUCKET, DAY, EVERYBODY, Counted, bucket_end, count_uses
from posts.trends.detection import BUCKETS, Floats, Rise, find_rising
from posts.trends.selectors import uses_between
from privacy.anonymity.releases import K, noisy_counts, variance_of_noise
from privacy.trail.services import record_run

log = structlog.get_logger(__name__)

EPSILON = 1.0
"""Of each count: what one account's use of one hashtag in 24 h can change, beside as much again for its language."""
SHOWN_FROM = 40
"""Least noisy count of accounts in 24 h that is released: so far above `K` that fewer than `K` accounts reach it once
in five million times (the guarantee's delta)."""
LANGUAGE_FROM = 30
"""Least noisy count of accounts that write in a language, for a trend to be told as one of that language."""
RELEASED_ONCE_IN = timedelta(days=7)
"""Time in which a hashtag is released once, and its figures stay as they were then."""


def release_trends(*, now: datetime | None = None) -> int:
    """Release the hashtags that rise as of the last complete bucket, once; return how many.

    Of two processes at once, the first to store the bucket's counts wins, and the other's draw is discarded.
    """
    end = bucket_end(int((now or timezone.now()).timestamp()))
    as_of = _moment(end)
    if HashtagCount.objects.filter(tag=EVERYBODY, ended_at=as_of).exists():
        return 0
    # a day more, in which an account may have used the hashtag before
    start = as_of - timedelta(seconds=BUCKETS * BUCKET + DAY)
    counted = count_uses(uses_between(start, as_of), end, threshold=K)
    try:
        with transaction.atomic():
            record_run(what="hashtags of posts, to find trends", people=accounts_to_learn_from().count())
            noisy = _stored_counts(counted, end)
            trends = _trends(counted, noisy, as_of)
            Trend.objects.bulk_create(trends)
    except IntegrityError:
        return 0
    log.info("trends_released", as_of=str(as_of), hashtags=len(counted) - 1, rising=len(trends))
    return len(trends)


def _stored_counts(counted: Mapping[str, Counted], end: int) -> dict[str, Floats]:
    """Return (BUCKETS,) noisy counts of each hashtag: stored ones as they are, and others drawn and stored now."""
    ends = [end - (BUCKETS - 1 - i) * BUCKET for i in range(BUCKETS)]
    noisy = {tag: np.full(BUCKETS, np.nan) for tag in counted}
    place = {moment: i for i, moment in enumerate(ends)}
    stored = HashtagCount.objects.filter(
        tag__in=list(counted), ended_at__gte=_moment(ends[0]), ended_at__lte=_moment(end)
    )
    for tag, ended_at, accounts in stored.values_list("tag", "ended_at", "accounts"):
        noisy[tag][place[int(ended_at.timestamp())]] = accounts
    missing = [(tag, int(i)) for tag in counted for i in np.flatnonzero(np.isnan(noisy[tag]))]
    drawn = noisy_counts([int(counted[tag].buckets[i]) for tag, i in missing], EPSILON)
    for (tag, i), accounts in zip(missing, drawn, strict=True):
        noisy[tag][i] = accounts
    HashtagCount.objects.bulk_create(
        [
            HashtagCount(tag=tag, ended_at=_moment(ends[i]), accounts=accounts)
            for (tag, i), accounts in zip(missing, drawn, strict=True)
        ],
        batch_size=5_000,
    )
    return noisy


def _trends(counted: Mapping[str, Counted], noisy: Mapping[str, Floats], as_of: datetime) -> list[Trend]:
    tags = [tag for tag in counted if tag != EVERYBODY]
    if not tags:
        return []
    counts = np.stack([noisy[tag] for tag in tags])
    rises = find_rising(counts, noisy[EVERYBODY], noise_variance=variance_of_noise(EPSILON))
    recently = set(Trend.objects.filter(as_of__gt=as_of - RELEASED_ONCE_IN).values_list("tag", flat=True))
    return [
        _trend(tags[rise.row], rise, counted[tags[rise.row]].latest, as_of)
        for rise in rises
        # the second condition is the promise to people, the first keeps it from revealing the exact count
        if rise.recent >= SHOWN_FROM and len(counted[tags[rise.row]].latest) >= K and tags[rise.row] not in recently
    ]


def _trend(tag: str, rise: Rise, languages: Mapping[int, str], as_of: datetime) -> Trend:
    return Trend(
        tag=tag,
        language=_language(languages),
        as_of=as_of,
        accounts=round(rise.recent),
        growth=round(rise.growth, 2),
        growth_low=round(rise.low, 2),
        growth_high=round(rise.high, 2),
    )


def _language(languages: Mapping[int, str]) -> str:
    """Return the language of most of the accounts' captions, by noisy counts; empty where there is no such one."""
    by_language = Counter(language for language in languages.values() if language)
    common = [language for language, accounts in by_language.items() if accounts >= K]
    noisy = dict(zip(common, noisy_counts([by_language[each] for each in common], EPSILON), strict=True))
    most = max(noisy, key=lambda each: noisy[each], default="")
    return most if most and noisy[most] >= LANGUAGE_FROM and 2 * noisy[most] > sum(noisy.values()) else ""


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
