"""One forecast, from the draft to the recorded answer."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from posts.content.pictures import CoverMeasures
from posts.content.platform_rules import RuleCheck, check_rules
from posts.freshness import Freshness
from posts.ingest.fingerprints import caption_fingerprint
from predictions.engine import Draft, Forecast, GlobalModel, LearnedAccount, forecast
from predictions.engine.advice.suggestions import default_window
from predictions.engine.types import Range
from predictions.forecasts.answering import account_to_forecast, answer_for, draft_of, require_finite
from predictions.forecasts.recording import store
from predictions.models import Prediction
from predictions.scoring.records import record_to_score_with
from predictions.scoring.services import score_draft
from predictions.suggestions.advice import ToldAdvice, ToldHours, advise_on, hours_of_week
from privacy.anonymity.blanking import blank_contacts
from telemetry.requests.stages import note, stage

MAX_CLIENT = 100

TimeWindow = tuple[datetime, datetime]
"""The first and last moment to publish at."""


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """A forecast, with facts for the answer alone. Times are in milliseconds."""

    prediction: Prediction
    """Without a primary key where it was not recorded."""
    viralscore: dict[str, Any]
    cover: CoverMeasures | None
    """The draft's picture, measured."""
    model_version: str
    advice: ToldAdvice | None
    """None if not asked for."""
    hours: ToldHours | None
    """None if not asked for."""
    rules: tuple[RuleCheck, ...]
    weights_updated_at: datetime | None
    data: Freshness
    latency_ms: float
    feature_fetch_ms: float
    inference_ms: float


def predict(
    *,
    user: User,
    account_id: str | None,
    text: str,
    hashtags: Sequence[str],
    publish_at: datetime,
    duration_s: int | None,
    cover: CoverMeasures | Callable[[], CoverMeasures] | None,
    client: str,
    explain: bool,
    suggest: bool = True,
    window: TimeWindow | None = None,
    with_hours: bool = False,
    record: bool = True,
    now: datetime | None = None,
) -> PredictionResult:
    """Forecast a draft for the person's account and record the forecast: one query, and one statement that writes.

    Without `record` nothing is written: for a draft that is being typed.

    Without `account_id` the account is the person's only one. `cover` may be what measures one: decoding takes longer
    than all else, and begins once it is known that there is something to forecast. `suggest` adds advice, on times in
    the window (by default two days), `with_hours` the effects of every hour of a week. Consent is checked again by the
    statement that writes, and a withdrawal waits for it. The text is kept only for people who keep drafts.

    Raises NoConsent, AccountNotFound and AccountNotChosen.
    """
    asked = time.perf_counter()
    now = now or timezone.now()
    # before anything is measured: nothing is processed for people who do not agree to that
    account = account_to_forecast(user, account_id)
    fetched = time.perf_counter()
    if callable(cover):
        cover = cover()
    # as if the picture had been measured before
    started = asked + time.perf_counter() - fetched

    kept_text, client = blank_contacts(text), blank_contacts(client)[:MAX_CLIENT]
    draft = draft_of(text=text, hashtags=hashtags, publish_at=publish_at, duration_s=duration_s, cover=cover)
    caption = draft.caption
    measured = time.perf_counter()

    def compute(
        model: GlobalModel, learned: LearnedAccount
    ) -> tuple[Forecast, ToldAdvice | None, ToldHours | None, dict[str, Any]]:
        as_of = int(now.timestamp())
        start, end = _window(window, draft, as_of)
        result = forecast(model, learned, draft, as_of=as_of, explain=explain)
        advice = advise_on(
            model, learned, draft,
            text=text, hashtags=hashtags, window=(start, end), max_hashtags=settings.TIKTOK_MAX_HASHTAGS,
            switched_off=account.switched_off, answered=account.answered,
        ) if suggest else None  # fmt: skip
        hours = hours_of_week(model, learned, draft) if with_hours else None
        scores = record_to_score_with(model, account.score_record_id)
        viralscore = score_draft(scores, learned, draft, rising=account.rising)
        # all of it is stored or sent as JSON
        require_finite([result.numbers(), advice and [advice.suggestions, advice.combination], hours, viralscore])
        return result, advice, hours, viralscore

    answer = answer_for(account, now, compute)
    inferred = time.perf_counter()

    result, advice, hours, viralscore = answer.result
    kept_advice = advice.without_texts() if advice else None
    prediction = Prediction(
        account_id=account.pk,
        model_version_id=answer.loaded.version_id,
        weights_version=account.weights_version,
        basis=result.basis,
        publish_at=publish_at,
        duration_s=duration_s,
        caption_fingerprint=caption_fingerprint(text),
        caption_length=len(kept_text),
        hashtags=list(caption.hashtags),
        client=client,
        point=result.point,
        typical=result.typical,
        low=result.low,
        high=result.high,
        bucket=result.bucket,
        baseline=result.baseline,
        chance_above_usual=result.chance_above_usual,
        metrics=result.metrics,
        measures={name: range_as_json(measure) for name, measure in result.measures.items()},
        engagement_rate=range_as_json(result.engagement_rate) if result.engagement_rate else None,
        warnings=[*answer.warnings, *result.warnings],
        explanation=[asdict(effect) for effect in result.explanation] if explain else None,
        suggestions=kept_advice.suggestions if kept_advice else None,
        combination=kept_advice.combination if kept_advice else None,
        viralscore=viralscore,
        latency_ms=_milliseconds(started, time.perf_counter()),
    )
    note(model_version=answer.loaded.version_id, account=fetched - asked, caption=measured - fetched)
    note(account=answer.fetched_at - measured, inference=inferred - answer.fetched_at)
    if record:
        with stage("database"):
            store(prediction, user_id=account.user_id, text=kept_text)
    return PredictionResult(
        prediction=prediction,
        viralscore=viralscore,
        cover=cover,
        model_version=answer.loaded.name,
        advice=advice,
        hours=hours,
        rules=check_rules(text, hashtags, max_hashtags=settings.TIKTOK_MAX_HASHTAGS),
        weights_updated_at=account.weights_updated_at,
        data=answer.data,
        latency_ms=_milliseconds(started, time.perf_counter()),
        feature_fetch_ms=_milliseconds(asked + measured - fetched, answer.fetched_at),
        inference_ms=_milliseconds(answer.fetched_at, inferred),
    )


def _window(window: TimeWindow | None, draft: Draft, now: int) -> tuple[int, int]:
    """Return the first and last moment in epoch seconds, none in the past."""
    if window is None:
        return default_window(draft.publish_at, now)
    start, end = (int(moment.timestamp()) for moment in window)
    return max(start, now), end


def range_as_json(measure: Range) -> dict[str, Any]:
    """Return a typical value and its interval as the API shows them."""
    return {"typical": measure.typical, "interval": [measure.low, measure.high]}


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
