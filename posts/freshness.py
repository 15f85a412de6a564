"""Freshness and completeness of an account's posts: what a forecast that rests on them says of its data."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypedDict

from django.db.models import Case, Count, ExpressionWrapper, IntegerField, OuterRef, Q, Subquery, When
from django.db.models.fields import BooleanField
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import Credential, TikTokAccount
from accounts.tiktok.client import VIDEO_SCOPE
from posts.ingest.selectors import STALE_AFTER, UNFINISHED
from posts.ingest.words import moment, posts_of
from posts.models import Post

MUCH_MISSING = 0.1
"""Share of the counted posts whose lack is told for as long as it lasts; of a smaller one only until it was checked."""

CONNECT_AGAIN = "Connect the account again to bring forecasts up to date."
ENDED = {
    Credential.State.REVOKED: f"This account is disconnected, so posts since then are not known here. {CONNECT_AGAIN}",
    Credential.State.LOST: (
        f"TikTok ended Postcast's access to this account, so posts since then are not known here. {CONNECT_AGAIN}"
    ),
}
NO_VIDEOS = (
    "Access to the videos of this account was declined, so new posts are not known here. Connect it again and allow "
    "your public videos."
)


class DataWarning(TypedDict):
    """A fault of the data under a forecast: `stale`, `partial`, `disconnected` or `videos_not_allowed`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """The moment of the last reading of an account's posts, None if never, and faults of the data."""

    data_as_of: datetime | None
    warnings: tuple[DataWarning, ...]

    @property
    def messages(self) -> list[str]:
        return [warning["message"] for warning in self.warnings]


@dataclass(frozen=True, slots=True)
class Reading:
    """An account's row and its `Listing`'s, as far as `freshness_of` takes them; without a listing `read_at` is None.

    `posts_known` is None where the whole list was read.
    """

    disconnected_at: datetime | None
    credential_state: str | None
    videos_allowed: bool | None
    read_at: datetime | None
    video_count: int | None
    is_unfinished: bool
    missing: int | None
    missing_confirmed: bool | None
    posts_known: int | None


def reading_columns() -> list[Any]:
    """Return what `values_list` of accounts takes for the fields of a `Reading`, without another query."""
    known = Post.objects.filter(account=OuterRef("pk"), deleted_at=None).order_by().values("account")
    return [
        "disconnected_at",
        "credential__state",
        ExpressionWrapper(Q(credential__scopes__contains=[VIDEO_SCOPE]), output_field=BooleanField(null=True)),
        "listing__read_at",
        "video_count",
        ExpressionWrapper(UNFINISHED, output_field=BooleanField()),
        "listing__missing",
        "listing__missing_confirmed",
        # counted only where it is told: a forecast must not wait for it otherwise
        Case(
            When(UNFINISHED | Q(listing__missing__gt=0), then=Subquery(known.values(number=Count("pk")))),
            output_field=IntegerField(null=True),
        ),
    ]


def freshness_of(reading: Reading, now: datetime) -> Freshness:
    """Return how fresh an account's posts are; an account that was never connected has nothing to warn of."""
    read_at = reading.read_at
    warnings: list[DataWarning] = []
    ended = Credential.State.REVOKED if reading.disconnected_at else reading.credential_state
    if ended in ENDED:
        warnings.append({"code": "disconnected", "message": ENDED[Credential.State(ended)]})
    elif reading.credential_state and not reading.videos_allowed:
        warnings.append({"code": "videos_not_allowed", "message": NO_VIDEOS})
    if read_at and now - read_at > STALE_AFTER:
        message = f"Your posts were last read on {moment(read_at)}; what happened since is not known here."
        warnings.append({"code": "stale", "message": message})
    if read_at and _is_partial(reading):
        message = f"{posts_of(reading.posts_known or 0, _counted(reading))} read; forecasts know only these."
        if not warnings:
            message += " The others are read by themselves once TikTok gives them."
        warnings.append({"code": "partial", "message": message})
    return Freshness(read_at, tuple(warnings))


def account_freshness(account_id: int, now: datetime) -> Freshness:
    """Return how fresh the account's posts are. One query."""
    return freshness_of(
        Reading(*TikTokAccount.objects.filter(pk=account_id).values_list(*reading_columns()).get()), now
    )


def lazy_freshness(account_id: int) -> "SimpleLazyObject[Freshness]":
    """Return `account_freshness` as of now for a page that does not always show it: read when it is shown."""
    return SimpleLazyObject(partial(account_freshness, account_id, timezone.now()))


def _is_partial(reading: Reading) -> bool:
    known, counted, missing = reading.posts_known or 0, _counted(reading), reading.missing or 0
    if reading.is_unfinished:
        return counted is None or known < counted
    return missing > 0 and (not reading.missing_confirmed or missing > MUCH_MISSING * (known + missing))


def _counted(reading: Reading) -> int | None:
    """Return how many posts TikTok counts; None where it does not say."""
    return reading.video_count if reading.is_unfinished else (reading.posts_known or 0) + (reading.missing or 0)
