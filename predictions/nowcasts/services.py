"""Tell people of young posts that are far off their forecast."""

from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import Notice, TikTokAccount
from accounts.telling.services import tell
from predictions.engine.types import HOUR
from predictions.nowcasts.selectors import PostNowcast, nowcasts_of, posts_to_watch
from privacy.consent.selectors import NoConsent

log = structlog.get_logger(__name__)

TOLD_FROM = timedelta(minutes=50)
"""Age from which a post is told of: counts come at one and at six hours, and earlier ones say little."""


def tell_far_off(*, now: datetime | None = None) -> int:
    """Tell of posts that were counted lately and are far off their forecast, each once; return how many were told.

    An account that withdraws consent or is erased meanwhile is skipped; the others go on.
    """
    now = now or timezone.now()
    told = 0
    watched = posts_to_watch(now).select_related("account").order_by("account_id", "pk")
    for _account_id, of_account in groupby(watched, key=lambda post: post.account_id):
        posts = list(of_account)
        account = posts[0].account
        far_off = [each for each in nowcasts_of(account, posts, now) if _is_told(each)]
        try:
            told += sum(_tell(account, each) for each in far_off)
        except (NoConsent, TikTokAccount.DoesNotExist) as error:
            log.info("far_off_skipped", account_id=account.pk, reason=type(error).__name__)
    return told


def _is_told(each: PostNowcast) -> bool:
    return each.nowcast is not None and each.nowcast.far_off and each.counted_age >= TOLD_FROM


@transaction.atomic
def _tell(account: TikTokAccount, each: PostNowcast) -> bool:
    assert each.nowcast is not None
    assert each.prediction is not None
    lock_account(account.pk)
    return tell(
        user_id=account.user_id,
        kind=Notice.Kind.FAR_OFF,
        about=each.post.public_id,
        link=reverse("posts:post", args=[each.post.public_id]),
        account_id=account.pk,
        params={
            "posted_at": each.post.posted_at.isoformat(),
            "hours": max(1, round(each.nowcast.age / HOUR)),
            "likes": round(each.nowcast.count),
            "low": round(each.nowcast.likes.low),
            "high": round(each.nowcast.likes.high),
            "forecast_low": round(each.prediction.low),
            "forecast_high": round(each.prediction.high),
        },
    )
