"""Read an account's week, and which accounts are to be told of theirs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.linked.local_time import zone_of
from accounts.models import Notice, TikTokAccount
from posts.models import Post
from predictions.models import Outcome, SavedDraft
from predictions.plan.calendar import week_of
from predictions.plan.selectors import planned_between, published_between
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

TOLD_FROM, TOLD_UNTIL = time(7), time(19)
"""Local hours of a Monday in which an account's person is told of the week before."""
MOST_ACCOUNTS = 1_000
"""Told in one run."""
ACTIVE_WITHIN = timedelta(days=16)
"""A week of an account without a post in this time, and without a plan, has nothing to tell."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WeekReport:
    """A week of an account, from a local Monday to the next."""

    start: datetime
    end: datetime
    posts: list[Post]
    """Published in the week, oldest first."""
    results: list[Outcome]
    """That came in the week, each post's by its last forecast, the most likes first."""
    planned: list[SavedDraft]
    """For the week after, in their order."""

    @property
    def judged(self) -> int:
        """Results that were measured: estimates judge no forecast."""
        return sum(result.is_measured for result in self.results)

    @property
    def inside(self) -> int:
        """Those that lay in their forecast's range."""
        return sum(result.is_measured and result.within_interval for result in self.results)

    @property
    def best(self) -> Outcome | None:
        """The result with the most likes."""
        return self.results[0] if self.results else None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.posts or self.results or self.planned)


def week_report(account: TikTokAccount, day: date) -> WeekReport:
    """Return the week that the local day is in. Five queries."""
    require_declared(Purpose.OUTCOMES, Outcome)
    with timezone.override(zone_of(account)):
        start, end = week_of(day)
        _, after = week_of(timezone.localdate(end))
    met = Outcome.objects.filter(prediction__account=account, met_at__gte=start, met_at__lt=end)
    last = met.order_by("post_id", "-prediction__created_at", "-prediction_id").distinct("post_id").values("pk")
    results = Outcome.objects.filter(pk__in=last).select_related("prediction", "post")
    return WeekReport(
        start=start,
        end=end,
        posts=list(published_between(account, start, end)),
        results=list(results.order_by("-likes", "pk")),
        planned=list(planned_between(account, end, after).filter(post=None)),
    )


def last_week(account: TikTokAccount, now: datetime) -> date:
    """Return a day of the account's last whole week."""
    return timezone.localdate(now, zone_of(account)) - 7 * _DAY


def accounts_to_tell(now: datetime) -> list[TikTokAccount]:
    """Return connected accounts, of people who agree, on whose Monday it is morning and whose week was not told."""
    zones = list(TikTokAccount.objects.order_by().values_list("time_zone", flat=True).distinct())
    told = Notice.objects.filter(account=OuterRef("pk"), kind=Notice.Kind.WEEKLY_REPORT, created_at__gt=now - _DAY)
    lately = Post.objects.filter(account=OuterRef("pk"), posted_at__gt=now - ACTIVE_WITHIN)
    planned = SavedDraft.objects.filter(account=OuterRef("pk"), publish_at__gt=now - _DAY)
    accounts = TikTokAccount.objects.filter(
        consents_to(Purpose.SERVICE, "user"),
        Exists(lately) | Exists(planned),
        ~Exists(told),
        time_zone__in=[name for name in zones if _is_monday_morning(TikTokAccount(time_zone=name), now)],
        disconnected_at=None,
    )
    return list(accounts.order_by("pk")[:MOST_ACCOUNTS])


def _is_monday_morning(account: TikTokAccount, now: datetime) -> bool:
    local = timezone.localtime(now, zone_of(account))
    return local.weekday() == 0 and TOLD_FROM <= local.time() < TOLD_UNTIL
