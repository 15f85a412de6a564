"""A third platform, as `docs/contributing.md` says: open, without sign-in, and with its posts in memory."""

import math
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from unittest.mock import patch

from django.utils import timezone

from accounts.credentials.services import REVOCATIONS
from accounts.models import Credential, TikTokAccount
from accounts.tiktok.client import Profile
from posts.content.written_counts import WrittenCount, half_width
from posts.platforms import registry
from posts.platforms.base import HORIZON, CoverUnavailable, FetchedCounts, FetchedPage, FetchedPost, Urgency
from privacy.erasure.hooks import Revoked
from tests.factories import UserFactory

PAGE = 20


@dataclass
class ToyPost:
    id: str
    posted_at: datetime
    likes: int
    """After a day; half of them after eight hours."""
    hidden: bool = False


@dataclass
class Toy:
    """The platform, and all that it shows: a `posts.platforms.base.PlatformKind`."""

    name: str = "toy"
    per_minute: int = 100
    posts: list[ToyPost] = field(default_factory=list)
    withheld: frozenset[str] = frozenset()
    """Fields that it does not tell."""
    digits: int | None = None
    """Digits to which it rounds counts from 1,000 on; None: it does not."""
    kept_for: timedelta = timedelta(days=3650)
    """Older posts it knows no more."""
    asked: list[Urgency] = field(default_factory=list)

    horizon = HORIZON
    is_fetched = True
    scope = ""
    batch_size = PAGE

    def on_behalf_of(self, account_id: int, urgency: Urgency) -> "ToyCalls":
        return ToyCalls(self, account_id, urgency)

    def calls_per_minute(self, urgency: Urgency) -> int:
        return self.per_minute

    def revoke(self, account_id: int, state: Credential.State) -> Revoked:
        return Revoked.YES

    def publish(self, count: int, *, until: datetime, likes: int = 200, every: timedelta = timedelta(days=1)) -> None:
        """Publish so many posts, the last one at `until`."""
        for number in reversed(range(count)):
            swing = math.exp(0.4 * math.sin(2.4 * len(self.posts)))
            self.posts.append(ToyPost(f"{self.name}{len(self.posts)}", until - number * every, round(likes * swing)))

    def shown(self) -> list[FetchedPost]:
        """Return what it shows now, newest first."""
        now = timezone.now()
        shown = [post for post in self.posts if not post.hidden and now - self.kept_for < post.posted_at <= now]
        return [self._fetched(post, now) for post in sorted(shown, key=lambda post: post.posted_at, reverse=True)]

    def _fetched(self, post: ToyPost, now: datetime) -> FetchedPost:
        likes = round(post.likes * (1 - 0.5 ** ((now - post.posted_at) / timedelta(hours=8))))
        counts = FetchedCounts(likes=likes, comments=likes // 20, shares=likes // 50, views=likes * 12)
        told = FetchedPost(post.id, post.posted_at, f"Dish {post.id} #cooking", 20, "", None, counts)
        if self.digits and max(likes, likes * 12) >= 1000:
            counts = FetchedCounts.of(
                self._rounded(likes), self._rounded(likes // 20), self._rounded(likes // 50), self._rounded(likes * 12)
            )
            told = replace(told, counts=counts)
        gone = {name: None for name in ("likes", "comments", "shares", "views") if name in self.withheld}
        told = replace(told, counts=replace(counts, **gone))
        return replace(told, caption="", duration_s=None) if "caption" in self.withheld else told

    def _rounded(self, count: int) -> WrittenCount:
        if not self.digits or count < 1000:
            return WrittenCount(count)
        step = 10 ** (len(str(count)) - self.digits)
        value = round(count / step) * step
        return WrittenCount(value, half_width(value, step))


@dataclass
class ToyCalls:
    """Calls on behalf of one account: a `posts.platforms.base.Platform`."""

    toy: Toy
    account_id: int
    urgency: Urgency
    batch_size: int = PAGE

    def profile(self, scopes: Collection[str]) -> Profile:
        return Profile(display_name="Toy", video_count=len(self.toy.shown()), follower_count=5_000)

    def page(self, cursor: int | None) -> FetchedPage:
        """Cursors count down, as those of times do."""
        shown = self.toy.shown()
        start = 0 if cursor is None else len(shown) - cursor
        rest = len(shown) - start - PAGE
        return FetchedPage(tuple(shown[start : start + PAGE]), rest if rest > 0 else None)

    def counts(self, ids: Iterable[str]) -> dict[str, FetchedCounts]:
        self.toy.asked.append(self.urgency)
        wanted = set(ids)
        return {post.id: post.counts for post in self.toy.shown() if post.id in wanted}

    def cover_addresses(self, ids: Iterable[str]) -> dict[str, str]:
        return {}

    def cover(self, address: str) -> bytes:
        raise CoverUnavailable("the toy has no pictures")


@contextmanager
def installed(*toys: Toy) -> Iterator[None]:
    """Register the toys for a while: afterwards the platforms are those of before."""
    with patch.dict(registry._KINDS), patch.dict(REVOCATIONS):
        for toy in toys:
            registry.register(toy)
        yield


def account_on(toy: Toy) -> TikTokAccount:
    """Return a new person's account on the toy, connected now."""
    count = TikTokAccount.objects.count()
    return TikTokAccount.objects.create(
        user=UserFactory(), platform=toy.name, open_id=f"{toy.name}:{count}", connected_at=timezone.now()
    )
