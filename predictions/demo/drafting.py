"""One draft of the simulated creator: its forecast, what to change, and its hours. Nothing is recorded."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from scipy.special import ndtr

from posts.content.platform_rules import RuleCheck, check_rules
from predictions.demo.account import DemoAccount
from predictions.engine import Forecast, GlobalModel, forecast
from predictions.engine.advice.suggestions import default_window
from predictions.engine.types import Z80
from predictions.forecasts.answering import draft_of
from predictions.forecasts.services import range_as_json
from predictions.suggestions.advice import ToldAdvice, ToldHours, advise_on, hours_of_week


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """Everything that the page of a draft shows."""

    forecast: dict[str, Any]
    """As templates of forecasts read a recorded one."""
    chance: float
    """Of more likes than the account's usual."""
    advice: ToldAdvice
    hours: ToldHours
    rules: tuple[RuleCheck, ...]


def answer(model: GlobalModel, demo: DemoAccount, draft: dict[str, Any], now: datetime) -> DemoAnswer:
    """Forecast a draft, the form's cleaned data: the same functions as for people, without their database."""
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
        forecast=shown(result),
        chance=chance_above(result, usual_likes(demo)),
        advice=advice,
        hours=hours_of_week(model, demo.learned, measured),
        rules=check_rules(draft["caption"], (), max_hashtags=settings.TIKTOK_MAX_HASHTAGS),
    )


def shown(result: Forecast) -> dict[str, Any]:
    """Return a forecast under the names that templates read; the point forecast is not for pages."""
    rate = result.engagement_rate
    return {
        "typical": result.typical,
        "low": result.low,
        "high": result.high,
        "bucket": result.bucket,
        "baseline": result.baseline,
        "basis": result.basis,
        "measures": {name: range_as_json(measure) for name, measure in result.measures.items()},
        "engagement_rate": range_as_json(rate) if rate else None,
        "explanation": [asdict(effect) for effect in result.explanation],
        "warnings": result.warnings,
    }


def usual_likes(demo: DemoAccount) -> float:
    """Return the account's level: likes of a usual post's first day, recent posts counting more."""
    return math.expm1(float(demo.learned.effects.usual[0]))


def chance_above(result: Forecast, likes: float) -> float:
    """Return the probability of more likes, from a forecast's range: half a normal to either side of the typical.

    >>> from predictions.engine.types import Range
    >>> sure = Forecast(9, 10, 8, 12, "medium", {}, {}, None, None, "account", (), ())
    >>> round(chance_above(sure, 10), 2), round(chance_above(sure, 8), 2)
    (0.5, 0.9)
    """
    typical, wanted = math.log1p(result.typical), math.log1p(likes)
    end = math.log1p(result.high if wanted > typical else result.low)
    spread = max(abs(end - typical) / Z80, 1e-9)
    return float(ndtr((typical - wanted) / spread))
