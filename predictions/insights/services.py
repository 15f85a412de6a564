"""One account's insights; only read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock

import numpy as np
from cachetools import TTLCache
from django.utils import timezone

from accounts.linked.selectors import follower_counts
from accounts.models import TikTokAccount, User
from posts.freshness import Freshness
from posts.imports.selectors import latest_with_themes
from posts.models import Import
from predictions.benchmarks.selectors import benchmark_of
from predictions.engine import Draft, GlobalModel, LearnedAccount
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.effects.summary import zone_name
from predictions.forecasts.answering import account_to_forecast, answer_for, require_finite
from predictions.insights.followers import Followers, followers_of
from predictions.insights.habits import Section, habits_of, week_of
from predictions.insights.selectors import FittingTrend, fitting_trends, own_posts
from predictions.insights.sureness import Insight, Sureness, judge, percents, sureness_of, surest_first
from predictions.insights.topics import Interests, Topic, interests_of, topic_habits, topics_of
from predictions.models import Benchmark
from privacy.purposes import Purpose

LEAST_POSTS = 8
"""With fewer posts whose first day was counted, nothing is told of habits."""
RECENT_DAYS = 90
"""Days over which the account stands beside others of its size."""
_REMEMBERED = TTLCache[tuple[int, int | None], tuple[EffectsPrior, "Habits"]](256, 600.0)
"""Habits that this worker has computed, by account and version of its weights, each with the model's prior: they take
tenths of a second."""
_LOCK = Lock()


class State(StrEnum):
    """Whether there is something to tell of an account's habits."""

    READY = "ready"
    TOO_FEW_POSTS = "too_few_posts"
    NOT_LEARNED = "not_learned"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a local week: its effect against the usual with its 80 % interval, in per cent."""

    effect_pct: float
    low_pct: float
    high_pct: float
    chance: float
    own_posts: int

    @property
    def is_sure(self) -> bool:
        """True if the sign is likely."""
        return sureness_of(self.effect_pct, self.low_pct, self.high_pct, self.chance) is not Sureness.UNKNOWN


@dataclass(frozen=True, slots=True)
class Habits:
    """An account's habits, as its posts tell them."""

    posts_learned: int
    time_zone: str
    """An IANA name, or an inferred offset such as UTC+02:00."""
    usual_likes: float | None
    """The account's level: what a usual post gets; None without posts."""
    recent_likes: float | None
    """Median likes of the posts of the last `RECENT_DAYS` days."""
    recent_posts_per_week: float
    insights: list[Insight] = field(default_factory=list)
    week: list[list[Hour]] = field(default_factory=list)
    """Seven days of 24 hours, Monday first; empty where too little is known."""
    interests: Interests | None = None
    """None where too little is known."""

    def of(self, section: Section) -> list[Insight]:
        """Return the insights of a section, surest first."""
        return [each for each in self.insights if each.section is section]


@dataclass(frozen=True, slots=True)
class AccountInsights:
    """All insights of an account."""

    state: State
    habits: Habits
    model_version: str
    updated_at: datetime | None
    """When the account was last learned."""
    data: Freshness
    warnings: tuple[str, ...]
    trends: list[FittingTrend]
    followers: Followers | None
    benchmark: Benchmark | None
    asked: Import | None
    """The file whose comments tell what people ask for; None without one."""


def account_insights(*, user: User, account: TikTokAccount, now: datetime | None = None) -> AccountInsights:
    """Return all insights of the person's account. Raises AccountNotFound and NoConsent."""
    now = now or timezone.now()
    served = account_to_forecast(user, account.public_id)
    is_learned = served.weights_version is not None

    def compute(model: GlobalModel, learned: LearnedAccount) -> Habits:
        posts = own_posts(account.pk, now) if is_learned else []
        return tell_habits(model, learned, posts, now)

    def remembered(model: GlobalModel, learned: LearnedAccount) -> Habits:
        key = (account.pk, served.weights_version)
        with _LOCK:
            known = _REMEMBERED.get(key)
        if known is None or known[0] is not model.effects:
            known = model.effects, compute(model, learned)
            with _LOCK:
                _REMEMBERED[key] = known
        return known[1]

    answer = answer_for(served, now, remembered if is_learned else compute)
    habits = answer.result
    enough = State.READY if habits.insights else State.TOO_FEW_POSTS
    counts = follower_counts(account.pk, now, purpose=Purpose.SERVICE)
    return AccountInsights(
        state=enough if is_learned else State.NOT_LEARNED,
        habits=habits,
        model_version=answer.loaded.name,
        updated_at=served.weights_updated_at,
        data=answer.data,
        # those of the data stand there
        warnings=tuple(warning for warning in answer.warnings if warning not in answer.data.messages),
        trends=fitting_trends(habits.interests, now) if habits.interests else [],
        followers=followers_of([(timezone.localtime(at), count) for at, count in counts], timezone.localtime(now)),
        benchmark=benchmark_of(account.follower_count),
        asked=latest_with_themes(account.pk),
    )


def tell_habits(model: GlobalModel, learned: LearnedAccount, posts: Sequence[Draft], now: datetime) -> Habits:
    """Return what an account's own posts tell of its habits."""
    effects, history = learned.effects, learned.history.known_at(learned.as_of)
    likes = np.expm1(history.likes)
    recent = likes[history.posted_at >= int((now - timedelta(days=RECENT_DAYS)).timestamp())]
    known = set(history.posted_at.tolist())
    posts = [post for post in posts if post.publish_at in known]
    figures = Habits(
        posts_learned=len(history),
        time_zone=zone_name(effects),
        usual_likes=float(np.expm1(effects.usual[0])) if effects.posts else None,
        recent_likes=float(np.median(recent)) if len(recent) else None,
        recent_posts_per_week=len(recent) * 7 / RECENT_DAYS,
    )
    if len(posts) < LEAST_POSTS:
        return figures
    topics = topics_of(posts)
    habits = replace(
        figures,
        insights=surest_first([*_judged(model, learned, posts), *_judged_topics(model, learned, posts, topics)]),
        week=_week(model, learned, posts),
        interests=interests_of(posts, topics),
    )
    require_finite([asdict(each) for each in habits.insights])
    return habits


def _judged(model: GlobalModel, learned: LearnedAccount, posts: Sequence[Draft]) -> list[Insight]:
    """Return the insights of all habits but topics; of windows of times the best and the worst."""
    habits = habits_of(learned.effects, learned.tag_names, posts)
    judged = judge(habits, learned.posterior(model.effects), learned.posterior_of_others(model.effects))
    windows = sorted((each for each in judged if each.name == "window"), key=lambda each: each.effect_pct)
    others = [each for each in judged if each.name != "window"]
    return [*(windows[-1:] + windows[:1] if len(windows) > 1 else []), *others]


def _judged_topics(
    model: GlobalModel, learned: LearnedAccount, posts: Sequence[Draft], topics: Sequence[Topic]
) -> list[Insight]:
    if not topics:
        return []
    effects, habits = topic_habits(model.effects, learned, posts, topics)
    others = type(effects)(tags=effects.tags)
    return judge(habits, effects.posterior(model.effects), others.posterior(model.effects))


def _week(model: GlobalModel, learned: LearnedAccount, posts: Sequence[Draft]) -> list[list[Hour]]:
    week = week_of(learned.effects, posts)
    contrasts = learned.posterior(model.effects).contrast(week.differences)
    chances = contrasts.chance_above(0.0).round(3).tolist()
    columns = zip(*percents(contrasts), chances, week.own_posts.tolist(), strict=True)
    hours = [Hour(*row) for row in columns]
    return [hours[first : first + 24] for first in range(0, len(hours), 24)]
