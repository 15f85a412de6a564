"""One forecast, from the draft to the recorded answer."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import TikTokAccount, User
from posts.content.captions import measure_caption
from posts.content.pictures import CoverMeasures
from posts.ingest.fingerprints import caption_fingerprint
from predictions.engine import (
    AccountHistory,
    Draft,
    Forecast,
    LearnedAccount,
    UnreadableAccount,
    forecast,
    learn_account,
)
from predictions.engine.types import Range
from predictions.forecasts.selectors import Serving, accounts_for_forecast
from predictions.models import AccountWeights, Prediction
from predictions.versions.canary import record_failure
from predictions.versions.registry import LoadedModel, registry
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, hold
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

log = structlog.get_logger(__name__)

MAX_CLIENT = 100

NOT_LEARNED = (
    "Postcast has not learned your account yet: its first refresh has not finished, or found no posts. "
    "This forecast uses other accounts only."
)
UNREADABLE_WEIGHTS = (
    "What was learned of your posts was damaged and is being learned again. "
    "Until then forecasts use other accounts only; ask again in a few minutes."
)
OTHER_MODEL = (
    "What was learned of your posts is being updated, as the way of forecasting changed. "
    "Until then forecasts use what was learned before; ask again in a few minutes."
)


class AccountNotFound(LookupError):
    """There is no such account, or it is somebody else's."""


class AccountNotChosen(ValueError):
    """No account was named, and the person has none or several; `choices` are the ids to choose from."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)
        if self.choices:
            super().__init__(f"You have several accounts; name one of them: {', '.join(self.choices)}.")
        else:
            super().__init__("You have no connected TikTok account; sign in with TikTok first.")


class ImpossibleForecast(ValueError):
    """A model's forecast contains NaN or infinity."""


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """A recorded forecast, with facts for the answer alone. Times are in milliseconds."""

    prediction: Prediction
    model_version: str
    weights_updated_at: datetime | None
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
    cover: CoverMeasures | None,
    client: str,
    explain: bool,
    now: datetime | None = None,
) -> PredictionResult:
    """Forecast a draft for the person's account and record the forecast: one query, then one transaction.

    Without `account_id` the account is the person's only connected one. Consent is checked again in the transaction,
    and a withdrawal waits for it. The text is kept only for people who keep drafts.

    Raises NoConsent, AccountNotFound and AccountNotChosen.
    """
    started = time.perf_counter()
    now = now or timezone.now()
    # blanked before measuring: measures and fingerprint are kept, and posts' captions are blanked too
    text, client = blank_contacts(text), blank_contacts(client)[:MAX_CLIENT]
    caption = measure_caption(text, hashtags)
    draft = Draft(
        publish_at=int(publish_at.timestamp()),
        caption=caption,
        duration_s=math.nan if duration_s is None else float(duration_s),
        sound="",
        cover=cover,
    )

    fetching = time.perf_counter()
    accounts = accounts_for_forecast(user, account_id)
    if account_id and not accounts:
        raise AccountNotFound
    if len(accounts) != 1:
        raise AccountNotChosen([account.public_id for account in accounts])
    [account] = accounts
    if not account.may_serve:
        raise NoConsent(Purpose.SERVICE)

    answer = _forecast(account, draft, now, explain=explain)
    inferred = time.perf_counter()

    weights: AccountWeights | None = getattr(account, "weights", None)
    result = answer.forecast
    prediction = Prediction(
        account=account,
        model_version_id=answer.loaded.version_id,
        weights_version=weights.version if weights else None,
        basis=result.basis,
        publish_at=publish_at,
        duration_s=duration_s,
        caption_fingerprint=caption_fingerprint(text),
        caption_length=caption.length,
        hashtags=list(caption.hashtags),
        client=client,
        point=result.point,
        typical=result.typical,
        low=result.low,
        high=result.high,
        bucket=result.bucket,
        baseline=result.baseline,
        metrics=result.metrics,
        measures={name: _as_json(measure) for name, measure in result.measures.items()},
        engagement_rate=_as_json(result.engagement_rate) if result.engagement_rate else None,
        warnings=[*answer.loaded.warnings, *answer.warnings, *result.warnings],
        explanation=[asdict(effect) for effect in result.explanation] if explain else None,
        latency_ms=_milliseconds(started, time.perf_counter()),
    )
    with transaction.atomic():
        agreed = hold(account.user_id)
        if Purpose.SERVICE not in agreed:
            raise NoConsent(Purpose.SERVICE)
        prediction.caption = text if Purpose.DRAFTS in agreed else ""
        prediction.save()
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="a forecast")
    return PredictionResult(
        prediction=prediction,
        model_version=answer.loaded.name,
        weights_updated_at=weights.updated_at if weights else None,
        latency_ms=_milliseconds(started, time.perf_counter()),
        feature_fetch_ms=_milliseconds(fetching, answer.fetched_at),
        inference_ms=_milliseconds(answer.fetched_at, inferred),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """A model's forecast, with the warnings that reading the account's state gave, and when that was read."""

    loaded: LoadedModel
    forecast: Forecast
    warnings: list[str]
    fetched_at: float


def _forecast(
    account: "WithAnnotations[TikTokAccount, Serving]", draft: Draft, now: datetime, *, explain: bool
) -> _Answer:
    """Forecast with the canary if it serves the account, and with the champion otherwise or if the canary fails.

    The canary's failure is recorded only if the champion succeeds: else the account is to blame.
    """
    failure: Exception | None = None
    if account.canary_id is not None:
        try:
            challenger = registry.challenger(account.canary_id)
            if challenger:
                return _forecast_with(challenger, account, draft, now, explain=explain)
        except Exception as error:  # noqa: BLE001 whatever a challenger raises, the request is answered
            failure = error
    champion = registry.serving(account.champion_id)
    try:
        answer = _forecast_with(champion, account, draft, now, explain=explain)
    except Exception as error:
        record_failure(champion.version_id, error)
        raise
    if failure:
        record_failure(account.canary_id, failure)
    return answer


def _forecast_with(
    loaded: LoadedModel, account: TikTokAccount, draft: Draft, now: datetime, *, explain: bool
) -> _Answer:
    """Forecast with one model. Raises ImpossibleForecast, and whatever the model does."""
    as_of = int(now.timestamp())
    weights: AccountWeights | None = getattr(account, "weights", None)
    learned: LearnedAccount | None = None
    warnings = [NOT_LEARNED]
    if weights:
        try:
            learned = LearnedAccount.from_bytes(bytes(weights.state))
            warnings = [OTHER_MODEL] if weights.model_version_id != loaded.version_id else []
        except UnreadableAccount as error:
            log.error("weights_unreadable", account_id=account.pk, reason=str(error))
            # makes them stale, so that they are learned again
            AccountWeights.objects.filter(pk=account.pk, version=weights.version).update(posts_sequence=0)
            warnings = [UNREADABLE_WEIGHTS]
    if learned is None:
        followers = math.nan if account.follower_count is None else float(account.follower_count)
        learned = learn_account(loaded.model, AccountHistory(str(account.pk), followers, posts=()), as_of=as_of)
    fetched_at = time.perf_counter()
    result = forecast(loaded.model, learned, draft, as_of=as_of, explain=explain)
    try:
        # all of it is stored or sent as JSON, which has no NaN
        json.dumps(asdict(result), allow_nan=False)
    except ValueError as error:
        raise ImpossibleForecast(str(error)) from error
    return _Answer(loaded, result, warnings, fetched_at)


def _as_json(measure: Range) -> dict[str, Any]:
    return {"typical": measure.typical, "interval": [measure.low, measure.high]}


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
