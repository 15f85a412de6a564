"""Reads of reports."""

from datetime import datetime

from django.db.models import Prefetch

from accounts.linked.local_time import zone_of
from accounts.linked.selectors import follower_counts
from accounts.models import TikTokAccount
from posts.browsing import against_usual
from posts.models import Post
from posts.selectors import with_latest_counts
from predictions.insights.services import account_insights
from predictions.insights.sureness import Insight, Sureness
from predictions.models import Outcome
from predictions.period_reports.periods import Period
from predictions.period_reports.report import PeriodReport, ReportedPost
from privacy.consent.selectors import require
from privacy.purposes import Purpose

MOST_POSTS = 200
"""Of one report: the latest are left out beyond that."""
MOST_LEARNED = 3


def period_report(account: TikTokAccount, period: Period, now: datetime) -> PeriodReport:
    """Return the account's report, in days of its own zone, as far as it is known now. Raises NoConsent."""
    require(account.user_id, Purpose.SERVICE)
    start, end = period.bounds(zone_of(account))
    before, _end = period.before.bounds(zone_of(account))
    # of several forecasts of a post the last one counts
    outcomes = Outcome.objects.select_related("prediction", "post").order_by("prediction__created_at", "prediction_id")
    posts = Post.objects.filter(account=account, posted_at__gte=start, posted_at__lt=end, deleted_at=None)
    counted = with_latest_counts(posts).prefetch_related(Prefetch("outcomes", outcomes)).order_by("posted_at", "pk")
    usual = against_usual(account, "likes", now)
    return PeriodReport(
        account=account,
        period=period,
        as_of=now,
        is_over=end <= now,
        posts=[
            ReportedPost(post, next(reversed(post.outcomes.all()), None), usual.get(post.pk))
            for post in counted[:MOST_POSTS]
        ],
        posts_before=Post.objects.filter(
            account=account, posted_at__gte=before, posted_at__lt=start, deleted_at=None
        ).count(),
        followers_start=_followers(account, start),
        followers_end=_followers(account, min(end, now)),
        learned=_learned(account, now),
    )


def _followers(account: TikTokAccount, at: datetime) -> int | None:
    counts = follower_counts(account.pk, at, purpose=Purpose.SERVICE)
    return counts[-1][1] if counts else None


def _learned(account: TikTokAccount, now: datetime) -> list[Insight]:
    """Return the surest habits, one of a section."""
    surest: dict[str, Insight] = {}
    for each in account_insights(user=account.user, account=account, now=now).habits.insights:
        if each.sureness is not Sureness.UNKNOWN:
            surest.setdefault(each.section, each)
    return list(surest.values())[:MOST_LEARNED]
