"""One comparison of drafts, from their texts to the chances; only read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from posts.content.pictures import CoverMeasures
from posts.freshness import Freshness
from predictions.engine import Forecast, GlobalModel, LearnedAccount, forecast
from predictions.engine.advice.comparing import best_chances, win_chances
from predictions.forecasts.answering import account_to_forecast, answer_for, draft_of, require_finite

FEWEST, MOST = 2, 6
"""Drafts of one comparison."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the drafts that are compared."""

    text: str
    hashtags: Sequence[str]
    publish_at: datetime
    duration_s: int | None
    cover: CoverMeasures | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The chance that the draft of that index gets more likes than another; the level of the account is common."""

    draft: int
    against: int
    chance: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The forecasts of the drafts in their order, and each pair of them once."""

    model_version: str
    forecasts: tuple[Forecast, ...]
    pairs: tuple[Pair, ...]
    best: tuple[float, ...]
    """The chance of each draft to get the most likes of all; they add up to 1."""
    data: Freshness
    warnings: tuple[str, ...]


def compare(
    *, user: User, account_id: str | None, variants: Sequence[Variant], now: datetime | None = None
) -> Comparison:
    """Forecast `FEWEST` to `MOST` drafts of the person's account and compare each with each. One query.

    Without `account_id` the account is the person's only one. Raises NoConsent, AccountNotFound,
    AccountNotChosen, and ValueError for too few or too many drafts.
    """
    if not FEWEST <= len(variants) <= MOST:
        raise ValueError(f"There are {len(variants)} drafts; expected {FEWEST} to {MOST}.")
    now = now or timezone.now()
    # before any caption is measured: nothing is processed for people who do not agree to that
    account = account_to_forecast(user, account_id)
    drafts = [
        draft_of(
            text=variant.text,
            hashtags=variant.hashtags,
            publish_at=variant.publish_at,
            duration_s=variant.duration_s,
            cover=variant.cover,
        )
        for variant in variants
    ]

    def compute(model: GlobalModel, learned: LearnedAccount) -> tuple[list[Forecast], list[list[float]], list[float]]:
        forecasts = [forecast(model, learned, draft, as_of=int(now.timestamp())) for draft in drafts]
        chances: list[list[float]] = win_chances(model.effects, learned, drafts, forecasts).round(3).tolist()
        best: list[float] = best_chances(model.effects, learned, drafts, forecasts).round(3).tolist()
        require_finite([[each.numbers() for each in forecasts], chances, best])
        return forecasts, chances, best

    answer = answer_for(account, now, compute)
    forecasts, chances, best = answer.result
    warnings = [*answer.warnings, *(warning for each in forecasts for warning in each.warnings)]
    return Comparison(
        model_version=answer.loaded.name,
        forecasts=tuple(forecasts),
        pairs=tuple(Pair(i, j, chances[i][j]) for i in range(len(drafts)) for j in range(i + 1, len(drafts))),
        best=tuple(best),
        data=answer.data,
        warnings=tuple(dict.fromkeys(warnings)),
    )
