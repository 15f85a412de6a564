"""One idea for a draft; only read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from posts.freshness import Freshness
from predictions.engine import Draft, GlobalModel, LearnedAccount
from predictions.engine.advice.exploring import Idea, explore
from predictions.engine.advice.suggestions import default_window
from predictions.forecasts.answering import account_to_forecast, answer_for, draft_of, require_finite
from predictions.suggestions.advice import Changes, changes_of
from predictions.suggestions.words import title_of

NO_IDEA = (
    "No idea to explore: your account has tried what can be changed of this draft, or too little is known of the rest "
    "to say that it does no harm."
)


class ToldIdea(TypedDict):
    """An idea as the API answers it."""

    feature: str
    action: str
    value: str
    title: str
    impact_median_pct: float
    impact_interval_pct: list[float]
    basis: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class Exploration:
    """An idea, or None, with the model that it is from."""

    model_version: str
    idea: ToldIdea | None
    data: Freshness
    warnings: tuple[str, ...]


def explore_draft(
    *,
    user: User,
    account_id: str | None,
    text: str,
    hashtags: Sequence[str],
    publish_at: datetime,
    duration_s: int | None,
    now: datetime | None = None,
) -> Exploration:
    """Return one idea for a draft of the person's account; nothing is recorded.

    Without `account_id` the account is the person's only one. Raises NoConsent, AccountNotFound and
    AccountNotChosen.
    """
    now = now or timezone.now()
    # before the caption is measured: nothing is processed for people who do not agree to that
    account = account_to_forecast(user, account_id)
    draft = draft_of(text=text, hashtags=hashtags, publish_at=publish_at, duration_s=duration_s, cover=None)

    def compute(model: GlobalModel, learned: LearnedAccount) -> ToldIdea | None:
        idea = explore(
            model.effects,
            learned,
            draft,
            text,
            window=default_window(draft.publish_at, int(now.timestamp())),
            max_hashtags=settings.TIKTOK_MAX_HASHTAGS,
            without=account.switched_off,
        )
        told = _told(idea, learned, draft, text, hashtags) if idea else None
        require_finite(told)
        return told

    answer = answer_for(account, now, compute)
    return Exploration(answer.loaded.name, answer.result, answer.data, tuple(answer.warnings))


def _told(idea: Idea, learned: LearnedAccount, draft: Draft, text: str, hashtags: Sequence[str]) -> ToldIdea:
    [change] = idea.changes
    median, low, high = (round(100 * math.expm1(value), 1) for value in (idea.effect, idea.low, idea.high))
    posts = f"{idea.own_posts or 'none'} of your posts {'is' if idea.own_posts == 1 else 'are'}"
    return {
        "feature": change.feature,
        "action": change.action,
        "value": change.value,
        "title": title_of(change, learned.effects),
        "impact_median_pct": median,
        "impact_interval_pct": [low, high],
        "basis": f"{posts} like this: an idea to learn from, not advice",
        "changes": changes_of(idea, draft, text, hashtags),
    }
