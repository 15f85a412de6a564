"""Recording outcomes: forecasts whose horizon has passed are compared with their posts."""

import math
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import Notice, TikTokAccount
from accounts.telling.services import tell
from posts.models import Post
from predictions.engine.data.labels import Label, engagement_rate, first_day
from predictions.engine.types import COUNTS, RATE
from predictions.learning.selectors import published_posts
from predictions.models import Outcome, Prediction
from predictions.outcomes import selectors
from predictions.outcomes.matching import REACH, match_posts
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.consent.selectors import NoConsent, require
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

GIVEN_UP_AFTER = timedelta(days=7)
"""A forecast whose post is not found within this time after its horizon stays without an outcome."""


def meet_outcomes(*, now: datetime | None = None) -> int:
    """Match forecasts whose horizon has passed with their posts, and return how many outcomes were recorded.

    An account that withdraws consent or is erased meanwhile is skipped; the others go on.
    """
    now = now or timezone.now()
    due = selectors.predictions_due(now, given_up_after=GIVEN_UP_AFTER)
    recorded = 0
    for account_id in list(due.order_by("account_id").values_list("account_id", flat=True).distinct()):
        try:
            recorded += _meet_account(account_id, list(due.filter(account=account_id)), now)
        except (NoConsent, TikTokAccount.DoesNotExist) as error:
            log.info("outcomes_skipped", account_id=account_id, reason=type(error).__name__)
    return recorded


def _meet_account(account_id: int, due: list[Prediction], now: datetime) -> int:
    """Record the outcomes of one account. Raises NoConsent, and TikTokAccount.DoesNotExist."""
    if not due:
        # it left since the accounts were listed
        return 0
    first, last = min(p.publish_at for p in due), max(p.publish_at for p in due)
    matched = match_posts(
        selectors.planned_drafts(account_id, first - 2 * REACH, last + 2 * REACH),
        selectors.published_captions(account_id, first - REACH, min(last + REACH, now)),
        now,
    )
    post_of = {prediction: matched[prediction.pk] for prediction in due if prediction.pk in matched}
    if not post_of:
        return 0
    curve, moment = registry.serving(champion_id()).model.curve, int(now.timestamp())
    posts = published_posts(account_id, now, purpose=Purpose.OUTCOMES)
    labels = {post_id: first_day(posts[post_id], curve, moment) for post_id in set(post_of.values())}
    outcomes = [
        _outcome(prediction, post_id, label) for prediction, post_id in post_of.items() if (label := labels[post_id])
    ]
    with transaction.atomic():
        account = lock_account(account_id)
        require(account.user_id, Purpose.OUTCOMES)
        # another worker may have recorded some meanwhile
        Outcome.objects.bulk_create(outcomes, ignore_conflicts=True)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="forecasts, compared with posts")
        _tell_results(account, outcomes)
    return len(outcomes)


def _tell_results(account: TikTokAccount, outcomes: list[Outcome]) -> None:
    """Tell the account's person of each post's result, against the last forecast of it."""
    last = {outcome.post_id: outcome for outcome in sorted(outcomes, key=lambda each: each.prediction.created_at)}
    posts = Post.objects.in_bulk(last)
    for post_id, outcome in last.items():
        post, forecast = posts[post_id], outcome.prediction
        tell(
            user_id=account.user_id,
            kind=Notice.Kind.RESULT,
            about=post.public_id,
            link=reverse("posts:post", args=[post.public_id]),
            account_id=account.pk,
            params={
                "posted_at": post.posted_at.isoformat(),
                "likes": round(outcome.likes),
                "low": round(forecast.low),
                "high": round(forecast.high),
            },
        )


def _outcome(prediction: Prediction, post_id: int, label: Label) -> Outcome:
    likes, comments, shares, views = counts = [None if math.isnan(log) else math.expm1(log) for log in label.logs]
    assert likes is not None
    rate = engagement_rate(label)
    intervals = {name: measure["interval"] for name, measure in prediction.measures.items()}
    if prediction.engagement_rate:
        intervals[RATE] = prediction.engagement_rate["interval"]
    actual = dict(zip(COUNTS, counts, strict=True)) | {RATE: rate}
    return Outcome(
        prediction=prediction,
        post_id=post_id,
        label=Outcome.Label.MEASURED if label.measured else Outcome.Label.ESTIMATED,
        sd=label.sd,
        likes=likes,
        comments=comments,
        shares=shares,
        views=views,
        error=_relative_error(prediction.point, likes),
        typical_error=_relative_error(prediction.typical, likes),
        baseline_error=_relative_error(prediction.baseline, likes),
        within_interval=prediction.low <= likes <= prediction.high,
        engagement_rate=rate,
        measures_within={
            name: intervals[name][0] <= value <= intervals[name][1]
            for name, value in actual.items()
            if value is not None and name in intervals
        },
    )


def _relative_error(forecast: float | None, likes: float) -> float | None:
    """Return the error as a share of the likes; None without likes or forecast."""
    return abs(forecast - likes) / likes if forecast is not None and likes > 0 else None
