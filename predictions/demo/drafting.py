"""One draft of the simulated creator: its forecast, what to change, and its hours. Nothing is recorded."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from posts.content.platform_rules import RuleCheck, check_rules
from predictions.demo.account import DemoAccount
from predictions.engine import Forecast, GlobalModel, forecast
from predictions.engine.advice.suggestions import default_window
from predictions.forecasts.answering import draft_of
from predictions.forecasts.services import range_as_json
from predictions.models import Prediction
from predictions.scoring.services import score_draft
from predictions.suggestions.advice import ToldAdvice, ToldHours, advise_on, hours_of_week
from predictions.viralscore.subscores import Record


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """Everything that the page of a draft shows."""

    forecast: Prediction
    """Never stored."""
    advice: ToldAdvice
    hours: ToldHours
    rules: tuple[RuleCheck, ...]


def answer(
    model: GlobalModel, demo: DemoAccount, draft: dict[str, Any], now: datetime, rising: Sequence[str]
) -> DemoAnswer:
    """Forecast a draft, the form's cleaned data: the same functions as for people, without their database.

    `rising` are the hashtags that rise now.
    """
    measured = draft_of(
        text=draft["caption"],
        hashtags=(),
        publish_at=draft["publish_at"],
        duration_s=draft["duration_s"],
        cover=None,
    )
    result = forecast(model, demo.learned, measured, as_of=int(demo.as_of.timestamp()), explain=True)
    advice = advise_on(
        model, demo.learned, measured,
        text=draft["caption"], hashtags=(), window=default_window(measured.publish_at, int(now.timestamp())),
        max_hashtags=settings.TIKTOK_MAX_HASHTAGS, switched_off=(), answered=(),
    )  # fmt: skip
    return DemoAnswer(
        forecast=shown(result, score_draft(Record.of_manifest(model.manifest), demo.learned, measured, rising=rising)),
        advice=advice,
        hours=hours_of_week(model, demo.learned, measured),
        rules=check_rules(draft["caption"], (), max_hashtags=settings.TIKTOK_MAX_HASHTAGS),
    )


def shown(result: Forecast, viralscore: dict[str, Any]) -> Prediction:
    """Return a forecast as templates read a recorded one; the point forecast, which no page shows, is left out."""
    rate = result.engagement_rate
    return Prediction(
        typical=result.typical,
        low=result.low,
        high=result.high,
        bucket=result.bucket,
        baseline=result.baseline,
        chance_above_usual=result.chance_above_usual,
        basis=result.basis,
        measures={name: range_as_json(measure) for name, measure in result.measures.items()},
        engagement_rate=range_as_json(rate) if rate else None,
        explanation=[asdict(effect) for effect in result.explanation],
        warnings=list(result.warnings),
        viralscore=viralscore,
    )
