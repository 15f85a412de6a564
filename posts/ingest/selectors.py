"""Reads of ingestion: which accounts, posts and covers are due."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.models import Credential, TikTokAccount
from posts.content.pictures import COVER_EXTRACTOR_VERSION, EMBEDDING_NETWORK, installed_id
from posts.ingest.policy import ON_TIME_S, Due
from posts.models import Listing, Observation, Post, PostContent, Refresh
from posts.platforms.registry import fetched_kinds
from privacy.consent.selectors import consenting
from privacy.purposes import Purpose
from telemetry.service_levels.gauges import Standing

COVER_DELAYS = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=3),
)
"""Pauses after the first and each further failed attempt at a cover."""
MAX_COVER_ATTEMPTS = len(COVER_DELAYS) + 1
"""About a week, after which TikTok will hardly give the picture any more."""
HALF_A_BEAT = timedelta(minutes=2, seconds=30)
WINDOWS: dict[int, timedelta] = {
    1: timedelta(hours=1),
    6: timedelta(hours=2),
    24: timedelta(hours=4),
    72: timedelta(hours=8),
    168: timedelta(hours=12),
}
"""Age in hours -> how late it may still be observed. The windows do not overlap; each opens half a beat early."""
YOUNG_FOR = timedelta(hours=max(WINDOWS)) + WINDOWS[max(WINDOWS)]
"""Younger posts have observations to come; older counts hardly change."""

HORIZON_H = 24
HORIZON = timedelta(hours=HORIZON_H)
"""The age at which a post's counts are its label."""

WHOLE_EVERY = timedelta(days=7)
"""Greatest age of the last whole listing for a refresh to read only what is new or can have changed."""
WHOLE_AGAIN_AFTER = timedelta(days=1)
"""Time between a refresh that ended and one that is started only because a week is over."""
WHOLE_UP_TO = 100
"""Posts of an account that is always read whole: that costs a few calls."""
LIST_EVERY = timedelta(hours=1)
"""The shortest time between two looks for new posts; `posts.ingest.policy` stretches it where accounts are many."""
LIST_QUIET_EVERY = timedelta(hours=24)
"""For accounts without a post or a sign-in within `QUIET_AFTER`: often enough for the 24 h window."""
QUIET_AFTER = timedelta(days=30)
STALE_AFTER = 2 * LIST_QUIET_EVERY
"""Posts that were not read for longer are stale: something keeps them from being read."""
FINISH_AFTER = timedelta(minutes=15)
"""Time between a refresh that ended and another one that goes on where it stopped."""
FINISH_INTERRUPTED_AFTER = timedelta(days=1)
"""The same where the workers of the refresh died: the account may be what kills them."""
UNFINISHED = Q(listing=None) | Q(listing__complete_until=None) | Q(listing__cursor__isnull=False)
"""Matches accounts whose list of posts was never read to its end, or not since posts were added to it."""


def pending_covers(account_id: int) -> QuerySet[PostContent]:
    """Return the contents of the account's posts whose cover is still to be measured."""
    return PostContent.objects.filter(
        post__account=account_id, post__deleted_at=None, cover_state=PostContent.Cover.PENDING
    )


def due_covers(covers: QuerySet[PostContent], now: datetime) -> QuerySet[PostContent]:
    """Return those of the contents whose cover need not wait after an attempt in vain."""
    # a wait that is longer than any began under a clock that was wrong
    over = Q(cover_retry_at__lte=now) | Q(cover_retry_at__gt=now + COVER_DELAYS[-1])
    return covers.filter(Q(cover_retry_at=None) | over)


def outdated_covers(account_id: int) -> QuerySet[PostContent]:
    """Return the contents of the account's posts whose cover an older extractor measured, or another network embedded.

    Covers that were asked for `MAX_COVER_ATTEMPTS` times since are left as they are.
    """
    older = Q(cover_extractor_version__lt=COVER_EXTRACTOR_VERSION)
    if installed := installed_id(EMBEDDING_NETWORK):
        older |= ~Q(cover_network=installed)
    return PostContent.objects.filter(
        older,
        post__account=account_id,
        post__deleted_at=None,
        cover_state=PostContent.Cover.MEASURED,
        cover_attempts__lt=MAX_COVER_ATTEMPTS,
    )


def is_unfinished(account_id: int) -> bool:
    """Return whether posts of the account's list are still to be read."""
    return TikTokAccount.objects.filter(UNFINISHED, pk=account_id).exists()


def needs_whole_listing(account_id: int, now: datetime) -> bool:
    """Return whether all of the account's list is to be read: it may lack something, or was not for a week."""
    listing = Listing.objects.filter(account=account_id).first()
    if listing is None or listing.complete_until is None or listing.is_unfinished:
        return True
    if listing.complete_until <= now - WHOLE_EVERY or (listing.missing and not listing.missing_confirmed):
        return True
    return Post.objects.filter(account=account_id, deleted_at=None).count() <= WHOLE_UP_TO


def accounts_to_finish(now: datetime) -> QuerySet[TikTokAccount]:
    """Return the accounts with an unfinished list, or one that lacks posts which TikTok counts, not looked into yet.

    Not those that a refresh reads now, or of which one ended less than `FINISH_AFTER` ago, a day where it was
    interrupted.
    """
    interrupted = Q(reason=Refresh.Reason.INTERRUPTED, finished_at__range=(now - FINISH_INTERRUPTED_AFTER, now))
    recent = Q(state__in=Refresh.ACTIVE) | Q(finished_at__range=(now - FINISH_AFTER, now)) | interrupted
    lacking = Q(listing__missing__gt=0, listing__missing_confirmed=False)
    return (
        _connected()
        .filter(UNFINISHED | lacking)
        .exclude(Exists(Refresh.objects.filter(recent, account=OuterRef("pk"))))
        .order_by("pk")
    )


def accounts_to_read_whole(now: datetime) -> QuerySet[TikTokAccount]:
    """Return the accounts whose list was last read to its end more than a week ago, the longest ago first.

    What was deleted among their older posts is noticed only so. Not those that a refresh reads now, or of which one
    ended within a day: where the whole list cannot be had, it is not asked for all the time.
    """
    recent = Q(state__in=Refresh.ACTIVE) | Q(finished_at__range=(now - WHOLE_AGAIN_AFTER, now))
    return (
        _connected()
        .filter(listing__complete_until__lte=now - WHOLE_EVERY)
        .exclude(Exists(Refresh.objects.filter(recent, account=OuterRef("pk"))))
        .order_by("listing__complete_until", "pk")
    )


def accounts_to_list(now: datetime) -> QuerySet[TikTokAccount]:
    """Return the accounts whose newest posts are due to be listed, the longest due first.

    Not those that a refresh lists anyway.
    """
    expected = Q(listing__due_at=None) | Q(listing__due_at__lte=now)
    lively = Q(connected_at__gte=now - QUIET_AFTER) | Exists(
        Post.objects.filter(account=OuterRef("pk"), posted_at__gte=now - QUIET_AFTER)
    )
    # listed in the future: under a clock that was wrong
    unlisted = Q(listing=None) | Q(listing__listed_at__lte=now - LIST_QUIET_EVERY) | Q(listing__listed_at__gt=now)
    refreshing = Refresh.objects.filter(account=OuterRef("pk"), state__in=Refresh.ACTIVE)
    return (
        _connected()
        .filter(unlisted | (lively & expected & Q(listing__listed_at__lte=now - LIST_EVERY)))
        .exclude(Exists(refreshing))
        .order_by(F("listing__due_at").asc(nulls_first=True), "pk")
    )


def posting_times(account_ids: Collection[int], since: datetime) -> dict[int, list[datetime]]:
    """Return when each of the accounts published since then."""
    times: dict[int, list[datetime]] = defaultdict(list)
    published = Post.objects.filter(account__in=account_ids, posted_at__gte=since)
    for account_id, posted_at in published.values_list("account_id", "posted_at"):
        times[account_id].append(posted_at)
    return times


def posts_per_minute(now: datetime, platform: str) -> float:
    """Return how many posts the platform's connected accounts published in a minute of the last week."""
    week = timedelta(days=7)
    posts = Post.objects.filter(
        account__in=_connected().filter(platform=platform), posted_at__gt=now - week, posted_at__lte=now
    )
    return posts.count() / (week / timedelta(minutes=1))


def due_observations(now: datetime, platform: str) -> list[Due]:
    """Return what is to be observed now of the posts of the platform's connected accounts."""
    accounts = _connected().filter(platform=platform)
    return [
        Due(account_id, age_h, (posted_at + timedelta(hours=age_h)).timestamp())
        for age_h in WINDOWS
        for account_id, posted_at in posts_to_observe(age_h, now)
        .filter(account__in=accounts)
        .values_list("account_id", "posted_at")
    ]


def posts_to_observe(age_h: int, now: datetime) -> QuerySet[Post]:
    """Return the posts within the window of that age that were not observed at it."""
    age = timedelta(hours=age_h)
    observed = Observation.objects.filter(post=OuterRef("pk"), scheduled_age_h=age_h)
    return Post.objects.filter(
        ~Exists(observed),
        deleted_at=None,
        posted_at__lte=now - age + HALF_A_BEAT,
        posted_at__gt=now - age - WINDOWS[age_h],
    )


def punctuality(now: datetime) -> Standing:
    """Return how many posts reached 24 hours in the last day, and how many were not observed at it on time.

    Only posts of accounts that may be asked for, and were connected when it fell due.
    """
    on_time = timedelta(seconds=ON_TIME_S)
    last = now - HORIZON - on_time
    posts = Post.objects.filter(
        account__in=_connected(),
        deleted_at=None,
        posted_at__range=(last - timedelta(days=1), last),
        account__connected_at__lte=F("posted_at") + HORIZON,
    )
    observed = Observation.objects.filter(
        post=OuterRef("pk"),
        scheduled_age_h=HORIZON_H,
        observed_at__lte=OuterRef("posted_at") + HORIZON + on_time,
    )
    found = posts.aggregate(items=Count("pk"), late=Count("pk", filter=~Exists(observed)))
    return Standing(**found)


def known_ids(account_id: int, ids: list[str]) -> set[str]:
    """Return those of the platform's ids that are stored as posts of the account."""
    return set(Post.objects.filter(account=account_id, tiktok_id__in=ids).values_list("tiktok_id", flat=True))


def _connected() -> QuerySet[TikTokAccount]:
    """Return the accounts whose posts may be asked for."""
    granted = Q(pk=None)
    for kind in fetched_kinds():
        here = Q(platform=kind.name)
        if kind.scope:
            here &= Q(credential__state=Credential.State.ACTIVE, credential__scopes__contains=[kind.scope])
        granted |= here
    return TikTokAccount.objects.filter(granted, disconnected_at=None, user__in=consenting(Purpose.SERVICE))
