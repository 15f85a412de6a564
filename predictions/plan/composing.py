"""The forecast of a draft as its page shows it: figures, charts, suggestions with their steps, the week, variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import TikTokAccount, User
from posts.content.pictures import DraftCover
from predictions.comparisons.services import Variant, compare
from predictions.engine import Forecast, GlobalModel, LearnedAccount, forecast
from predictions.forecasts.answering import account_to_forecast, answer_for, draft_of
from predictions.forecasts.charts import headlines, hour_table
from predictions.forecasts.forms import USUAL_WITHIN
from predictions.forecasts.services import TimeWindow, predict
from predictions.forecasts.steps import apply_fields, cards_of
from predictions.models import SavedDraft
from predictions.plan.forms import PlanForm, kept_cover
from predictions.plan.services import PlannedVariant

CLIENT = "web"


@dataclass(frozen=True, slots=True)
class ComparedVariant:
    """A variant in the comparison: A is the draft itself."""

    letter: str
    caption: str
    publish_at: datetime
    forecast: Forecast
    chance_best: float


def shown_forecast(
    *, user: User, account: TikTokAccount, form: PlanForm, cover: DraftCover | None, record: bool
) -> dict[str, Any]:
    """Forecast the draft of a valid form and its variants; return the context of `plan/result.html`.

    Raises NoConsent.
    """
    draft = form.cleaned_data
    result = predict(
        user=user,
        account_id=account.public_id,
        text=draft["caption"],
        hashtags=(),
        publish_at=draft["publish_at"],
        duration_s=draft["duration_s"],
        cover=cover,
        client=CLIENT,
        explain=True,
        window=_window(draft["publish_at"], draft["within"]),
        with_hours=True,
        record=record,
    )
    prediction, advice = result.prediction, result.advice
    assert advice is not None
    combination = advice.combination
    return {
        "forecast": prediction,
        "headlines": headlines(prediction),
        "cards": cards_of(advice, draft, cover, prediction),
        "combination": combination,
        "advice_note": advice.note,
        "apply_all": combination and apply_fields(combination["changes"], draft, cover, prediction),
        "broken_rules": [rule for rule in result.rules if not rule.kept],
        "week": hour_table(result.hours) if result.hours else None,
        "compared": _compared(user, account, form, cover),
        "composing": True,
    }


def planned_forecasts(user: User, account: TikTokAccount, drafts: Sequence[SavedDraft]) -> dict[int, Forecast]:
    """Return what each draft that has a time and a kept text would do as of now, by its key. One query for all."""
    written = [draft for draft in drafts if draft.publish_at and draft.caption]
    if not written:
        return {}
    now = timezone.now()
    served = account_to_forecast(user, account.public_id)
    measured = [
        draft_of(
            text=draft.caption,
            hashtags=(),
            publish_at=max(draft.publish_at or now, now),
            duration_s=draft.duration_s,
            cover=kept_cover(draft),
        )
        for draft in written
    ]

    def compute(model: GlobalModel, learned: LearnedAccount) -> list[Forecast]:
        return [forecast(model, learned, each, as_of=int(now.timestamp())) for each in measured]

    forecasts = answer_for(served, now, compute).result
    return {draft.pk: each for draft, each in zip(written, forecasts, strict=True)}


def _compared(user: User, account: TikTokAccount, form: PlanForm, cover: DraftCover | None) -> list[ComparedVariant]:
    """Return the draft and its variants side by side; none without variants."""
    draft = form.cleaned_data
    variants = [("A", PlannedVariant(draft["caption"], draft["publish_at"])), *form.variants()]
    if len(variants) < 2:
        return []
    moments = [variant.publish_at or draft["publish_at"] for _, variant in variants]
    comparison = compare(
        user=user,
        account_id=account.public_id,
        variants=[
            Variant(variant.caption, (), moment, draft["duration_s"], cover)
            for (_, variant), moment in zip(variants, moments, strict=True)
        ],
    )
    return [
        ComparedVariant(letter, variant.caption, moment, forecast, best)
        for (letter, variant), moment, forecast, best in zip(
            variants, moments, comparison.forecasts, comparison.best, strict=True
        )
    ]


def _window(publish_at: datetime, days: int) -> TimeWindow | None:
    """Return the days around a planned time, none of them past; None for the usual window."""
    if days == USUAL_WITHIN:
        return None
    start = max(timezone.now(), publish_at - timedelta(days=days) / 2)
    return start, start + timedelta(days=days)
