"""Read the figures of an account's week, and which accounts are to be told of theirs."""

from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.linked.local_time import zone_of
from accounts.models import Notice, TikTokAccount
from posts.models import Post
from predictions.models import Outcome, SavedDraft
from predictions.period_reports.periods import Period
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


def figures_of(account: TikTokAccount, week: Period) -> dict[str, int]:
    """Return how many posts a week has, their measured results, those inside, and drafts of the next. Three queries.

    Of several forecasts of a post the last one counts, as in the week's report.
    """
    require_declared(Purpose.OUTCOMES, Outcome)
    zone = zone_of(account)
    start, end = week.bounds(zone)
    posts = published_between(account, start, end)
    last = Outcome.objects.filter(post__in=posts.values("pk")).order_by("post_id", "-prediction__created_at", "-pk")
    measured = [each for each in last.distinct("post_id") if each.is_measured]
    return {
        "posts": posts.count(),
        "results": len(measured),
        "inside": sum(each.within_interval for each in measured),
        "planned": planned_between(account, *week.after.bounds(zone)).filter(post=None).count(),
    }


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
