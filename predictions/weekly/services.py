"""Tell people of their accounts' weeks."""

from datetime import datetime

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.linked.local_time import zone_of
from accounts.linked.services import lock_account
from accounts.models import Notice, TikTokAccount
from accounts.telling.services import tell
from predictions.period_reports.periods import Period, PeriodKind
from predictions.weekly.selectors import accounts_to_tell, figures_of
from privacy.consent.selectors import NoConsent

log = structlog.get_logger(__name__)


def tell_weeks(*, now: datetime | None = None) -> int:
    """Tell of the last week where it is Monday morning, each account once; return how many were told.

    Nothing is told of a week in which nothing happened and after which nothing is planned.
    """
    now = now or timezone.now()
    told = 0
    for account in accounts_to_tell(now):
        try:
            told += _tell(account, now)
        except (NoConsent, TikTokAccount.DoesNotExist) as error:
            log.info("week_skipped", account_id=account.pk, reason=type(error).__name__)
    return told


@transaction.atomic
def _tell(account: TikTokAccount, now: datetime) -> bool:
    lock_account(account.pk)
    week = Period.last_full(PeriodKind.WEEK, timezone.localdate(now, zone_of(account)))
    figures = figures_of(account, week)
    if not any(figures.values()):
        return False
    return tell(
        user_id=account.user_id,
        kind=Notice.Kind.WEEKLY_REPORT,
        about=f"{account.public_id}:{week.first}",
        link=f"{reverse('predictions:report')}?account={account.public_id}&period=week&day={week.first}",
        account_id=account.pk,
        params={"week": str(week.first), **figures},
    )
