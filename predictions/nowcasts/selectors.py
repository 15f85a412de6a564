"""Reads of nowcasts: the forecast that was made for a post, and what its counts so far make of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Notice, TikTokAccount
from posts.models import Observation, Post
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.nowcast import Course, FanPoint, Nowcast, forecast_fan, growth_scale, latest_early, nowcast
from predictions.engine.types import Range
from predictions.learning.selectors import HORIZON_DELTA, counts_of
from predictions.models import Outcome, Prediction
from predictions.outcomes.matching import REACH, match_posts
from predictions.outcomes.selectors import planned_drafts, published_captions
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.consent.selectors import consents_to, has_consent
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

MATCHED_FOR = timedelta(days=10)
"""Posts without an outcome are matched with drafts by their captions for this long."""
COUNTED_WITHIN = timedelta(minutes=15)
"""Counts this fresh are looked at, every few minutes."""
OWN_POSTS = 60
"""Earlier posts that an account's own growth is learned from."""


class Missing(StrEnum):
    """The reason why there is no nowcast."""

    NO_CONSENT = "no_consent"
    NO_FORECAST = "no_forecast"
    NO_COUNT = "no_count"
    FIRST_DAY_OVER = "first_day_over"


@dataclass(frozen=True, slots=True)
class PostNowcast:
    """A post's forecast, its likely course by that, and the nowcast, or the reason why there is none."""

    post: Post
    prediction: Prediction | None
    forecast_fan: tuple[FanPoint, ...]
    nowcast: Nowcast | None
    missing: Missing | None

    @property
    def counted_age(self) -> timedelta:
        """Age of the post when it was counted."""
        return timedelta(seconds=self.nowcast.age if self.nowcast else 0)


def nowcast_of(post: Post, now: datetime) -> PostNowcast:
    """Return what the post's forecast and its counts by `now` tell. Its person agrees to outcomes, or there is none."""
    return nowcasts_of(post.account, [post], now)[0]


def young_posts(account: TikTokAccount, now: datetime) -> list[PostNowcast]:
    """Return the nowcasts of the account's posts of the last day, newest first, without those that have none."""
    young = list(account.posts.filter(posted_at__gt=now - HORIZON_DELTA, posted_at__lte=now, deleted_at=None))
    return [told for told in nowcasts_of(account, young, now) if told.nowcast]


def posts_to_watch(now: datetime) -> QuerySet[Post]:
    """Return young posts that were counted lately and whose person was not told of them, if they agree to outcomes."""
    require_declared(Purpose.OUTCOMES, Post, Observation)
    told = Notice.objects.filter(user=OuterRef("account__user"), kind=Notice.Kind.FAR_OFF, about=OuterRef("public_id"))
    counted = Observation.objects.filter(post=OuterRef("pk"), observed_at__gt=now - COUNTED_WITHIN)
    return Post.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"),
        consents_to(Purpose.OUTCOMES, "account__user"),
        Exists(counted),
        ~Exists(told),
        posted_at__gt=now - HORIZON_DELTA,
        posted_at__lte=now,
        deleted_at=None,
    )


def nowcasts_of(account: TikTokAccount, posts: Sequence[Post], now: datetime) -> list[PostNowcast]:
    """Return the nowcasts of posts of one account, in their order."""
    if not posts:
        return []
    if not has_consent(account.user_id, Purpose.OUTCOMES):
        return [PostNowcast(post, None, (), None, Missing.NO_CONSENT) for post in posts]
    forecasts = forecasts_of(account.pk, posts, now)
    if not forecasts:
        return [PostNowcast(post, None, (), None, Missing.NO_FORECAST) for post in posts]
    is_young = any(post.pk in forecasts and now < post.posted_at + HORIZON_DELTA for post in posts)
    courses = _courses(account.pk, [post.pk for post in posts], now, with_earlier=is_young)
    curve = registry.serving(champion_id()).model.curve
    return [_told(post, forecasts.get(post.pk), courses, curve, now) for post in posts]


def _told(
    post: Post, prediction: Prediction | None, courses: Mapping[int, Course], curve: GrowthCurve, now: datetime
) -> PostNowcast:
    if prediction is None:
        return PostNowcast(post, None, (), None, Missing.NO_FORECAST)
    forecast = Range(prediction.low, prediction.typical, prediction.high)
    fan = forecast_fan(curve, forecast)
    if now >= post.posted_at + HORIZON_DELTA:
        return PostNowcast(post, prediction, fan, None, Missing.FIRST_DAY_OVER)
    posted_at, counted = courses.get(post.pk, (0, ()))
    counts = latest_early(posted_at, counted)
    if counts is None:
        return PostNowcast(post, prediction, fan, None, Missing.NO_COUNT)
    earlier = [course for course in courses.values() if course[0] < posted_at]
    scale = growth_scale(curve, earlier, counts.observed_at - posted_at, counts.observed_at)
    return PostNowcast(post, prediction, fan, nowcast(curve, forecast, posted_at, counted, scale), None)


def with_forecast(account: TikTokAccount, posts: QuerySet[Post], now: datetime) -> QuerySet[Post]:
    """Return those of the account's posts that were forecast before they were published."""
    if not has_consent(account.user_id, Purpose.OUTCOMES):
        return posts.none()
    recent = list(account.posts.filter(posted_at__gt=now - MATCHED_FOR))
    return posts.filter(
        Q(pk__in=forecasts_of(account.pk, recent, now)) | Exists(Outcome.objects.filter(post=OuterRef("pk")))
    )


def forecasts_of(account_id: int, posts: Sequence[Post], now: datetime) -> dict[int, Prediction]:
    """Return {post's primary key: the last forecast made before it was published}, of posts of one account.

    Posts with an outcome have its forecast; younger ones are recognised by their captions, as outcomes will.
    """
    require_declared(Purpose.OUTCOMES, Prediction, Post)
    with_outcome = Prediction.objects.filter(outcome__post__in=posts).order_by("created_at", "pk")
    forecasts = {p.outcome.post_id: p for p in with_outcome.select_related("outcome")}
    recent = [p.posted_at for p in posts if p.pk not in forecasts and p.posted_at > now - MATCHED_FOR]
    if recent:
        matched = match_posts(
            planned_drafts(account_id, min(recent) - 2 * REACH, max(recent) + 2 * REACH),
            published_captions(account_id, min(recent) - REACH, max(recent) + REACH),
            now,
        )
        wanted = {post.pk for post in posts} - forecasts.keys()
        found = [prediction for prediction, post in matched.items() if post in wanted]
        for prediction in Prediction.objects.filter(pk__in=found).order_by("created_at", "pk"):
            forecasts[matched[prediction.pk]] = prediction
    return forecasts


def _courses(account_id: int, posts: Sequence[int], now: datetime, *, with_earlier: bool) -> dict[int, Course]:
    """Return the observations of the posts and, if asked, of the account's latest ones, by primary key. One query."""
    require_declared(Purpose.OUTCOMES, Post, Observation)
    wanted = Post.objects.filter(pk__in=posts).values("pk")
    if with_earlier:
        latest = Post.objects.filter(account=account_id).order_by("-posted_at")[:OWN_POSTS].values("pk")
        wanted = wanted.union(latest)
    observations: defaultdict[int, list[Observation]] = defaultdict(list)
    moments: dict[int, int] = {}
    counted = Observation.objects.filter(post__in=wanted, observed_at__lte=now).select_related("post")
    for observation in counted:
        observations[observation.post_id].append(observation)
        moments[observation.post_id] = int(observation.post.posted_at.timestamp())
    return {pk: (moments[pk], tuple(counts_of(of_post))) for pk, of_post in observations.items()}
