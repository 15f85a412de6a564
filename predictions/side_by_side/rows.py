"""Rows of accounts side by side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from accounts.linked.local_time import zone_of
from accounts.linked.switcher import Connection, LinkedAccount
from accounts.models import FollowerCount, TikTokAccount
from posts.freshness import DataWarning, Reading, freshness_of, reading_columns
from posts.models import Post
from predictions.models import AccountReplay, Outcome, SavedDraft
from predictions.period_reports.periods import Period, PeriodKind
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose

T = TypeVar("T")

USUAL_POSTS = 4
"""Of fewer posts there is no usual level."""
REACH = timedelta(days=16)
"""Two weeks, wherever on earth their Mondays begin."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account's last full week, and what is planned in this one, by its own local days."""

    account: TikTokAccount
    connection: Connection
    week: Period
    """The last full week."""
    usual_likes: float | None
    """Median likes after 24 hours; None where too little is known."""
    posts: int
    followers_gained: int | None
    """Over that week; None where a count is lacking."""
    results: int
    """Posts of that week with a forecast and a measured result."""
    inside: int
    """Those inside their ranges."""
    planned: int
    """Drafts planned for the rest of this week."""
    warnings: Sequence[DataWarning]


def account_rows(linked: Sequence[LinkedAccount], now: datetime) -> list[AccountRow]:
    """Return a row for each account whose person agrees to the service, in the order given. Six queries."""
    by_key = {each.account.pk: each for each in linked}
    readings = {
        row[0]: Reading(*row[1:])
        for row in TikTokAccount.objects.filter(consents_to(Purpose.SERVICE, "user"), pk__in=by_key).values_list(
            "pk", *reading_columns()
        )
    }
    since = now - REACH
    published = Post.objects.filter(account__in=readings, posted_at__gte=since, deleted_at=None)
    posts = _grouped(published.values_list("account_id", "posted_at", "pk"))
    results = _grouped(_results(readings, since))
    drafts = SavedDraft.objects.filter(account__in=readings, publish_at__gt=now, publish_at__lt=now + REACH, post=None)
    planned = _grouped(
        (account, at, pk) for account, at, pk in drafts.values_list("account_id", "publish_at", "pk") if at
    )
    followers = _grouped(
        FollowerCount.objects.filter(account__in=readings, observed_at__lte=now)
        .order_by("observed_at", "pk")
        .values_list("account_id", "observed_at", "followers")
    )
    replays = AccountReplay.objects.filter(account__in=readings).defer("posts").in_bulk()
    rows = []
    for key, reading in ((key, readings[key]) for key in by_key if key in readings):
        account, zone = by_key[key].account, zone_of(by_key[key].account)
        week = Period.last_full(PeriodKind.WEEK, timezone.localdate(now, zone))
        start, end = week.bounds(zone)
        _monday, next_monday = week.after.bounds(zone)
        judged = [inside for at, inside in results[key] if start <= at < end]
        replay = replays.get(key)
        rows.append(
            AccountRow(
                account=account,
                connection=by_key[key].connection,
                week=week,
                usual_likes=replay.usual["likes"][1] if replay and replay.history >= USUAL_POSTS else None,
                posts=sum(start <= at < end for at, _post in posts[key]),
                followers_gained=_gained(followers[key], start, end),
                results=len(judged),
                inside=sum(judged),
                planned=sum(at < next_monday for at, _draft in planned[key]),
                warnings=freshness_of(reading, now).warnings,
            )
        )
    return rows


def _results(accounts: Iterable[int], since: datetime) -> Iterable[tuple[int, datetime, bool]]:
    """Return (account, published, inside) of each post's last forecast, where the result was measured."""
    measured = Outcome.objects.filter(
        post__account__in=accounts, post__posted_at__gte=since, post__deleted_at=None, label=Outcome.Label.MEASURED
    )
    last_of_each_post = measured.order_by("post_id", "-prediction__created_at", "-prediction_id").distinct("post_id")
    return last_of_each_post.values_list("post__account_id", "post__posted_at", "within_interval")


def _grouped(rows: Iterable[tuple[int, datetime, T]]) -> defaultdict[int, list[tuple[datetime, T]]]:
    """Return (moment, value) by account."""
    by_account: defaultdict[int, list[tuple[datetime, T]]] = defaultdict(list)
    for account, moment, value in rows:
        by_account[account].append((moment, value))
    return by_account


def _gained(counts: Sequence[tuple[datetime, int | None]], start: datetime, end: datetime) -> int | None:
    """Return the change of followers between the last counts before both moments; None where one is unknown."""

    def at(moment: datetime) -> int | None:
        return next((count for observed, count in reversed(counts) if observed < moment), None)

    first, last = at(start), at(end)
    return None if first is None or last is None else last - first
