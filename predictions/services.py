"""What may be done with predictions: give one, learn an account's weights, meet outcomes, and take feedback."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import TikTokAccount, User
from accounts.services import lock_account
from posts.content import CoverMeasures, measure_caption
from posts.services import caption_fingerprint
from predictions import drift, selectors
from predictions.canary import record_failure
from predictions.engine import (
    AccountHistory,
    AccountState,
    Draft,
    Forecast,
    UnreadableState,
    forecast,
    learn_account,
    learn_and_look_back,
)
from predictions.engine.data.growth import Label, engagement_rate, first_day
from predictions.engine.estimators.counts import MEASURES, RATE
from predictions.engine.evaluation.drift import LookBack
from predictions.engine.types import Range
from predictions.models import AccountWeights, Feedback, Outcome, Prediction
from predictions.outcomes import REACH, match_posts
from predictions.registry import LoadedModel, champion_id, registry
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, has_consent, hold, require
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

log = structlog.get_logger(__name__)

MAX_CLIENT = 100
OUTCOMES_GIVEN_UP_AFTER = timedelta(days=7)
_LEARNING_LOCKS = 0x77656967
"""The first key of the advisory locks on learning; the second is the account's."""

NOT_LEARNED = (
    "Nothing was learned of this account yet: its first refresh has not finished, or found no posts. "
    "The forecast knows other accounts only."
)
UNREADABLE_WEIGHTS = (
    "What was learned of your posts is being learned anew: it was damaged. "
    "Until then forecasts know other accounts only; ask again in a few minutes."
)
OTHER_MODEL = (
    "What was learned of your posts is being updated, because forecasts are now made in another way. "
    "Until then they use what was learned before; ask again in a few minutes."
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


class NoSuchSubject(ValueError):
    """The prediction has no suggestion of that feature for feedback to be about."""

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__(f"This prediction has no such part; feedback can be about: {', '.join(subjects)}.")


class ImpossibleForecast(ValueError):
    """A model gave something that is no number."""


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """A prediction as it was recorded, with what is told of it only once. Times are in milliseconds."""

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
    scheduled_for: datetime,
    duration_s: int | None,
    cover: CoverMeasures | None,
    client: str,
    explain: bool,
    now: datetime | None = None,
) -> PredictionResult:
    """Forecast a draft for the person's account and record that: one query and one transaction.

    What the person agrees to is asked for again in that transaction, which a withdrawal then waits for. Unless the
    person keeps drafts, the text does not outlive the call. Without `account_id` it is their only connected account.

    Raises NoConsent, AccountNotFound and AccountNotChosen.
    """
    started = time.perf_counter()
    now = now or timezone.now()
    # before anything is made of it: measures and fingerprint are kept, and posts' captions come without contacts too
    text, client = blank_contacts(text), blank_contacts(client)[:MAX_CLIENT]
    caption = measure_caption(text, hashtags)
    draft = Draft(
        publish_at=int(scheduled_for.timestamp()),
        caption=caption,
        duration_s=math.nan if duration_s is None else float(duration_s),
        sound="",
        cover=cover,
    )
    fetching = time.perf_counter()
    account = _account_for_forecast(user, account_id)
    weights: AccountWeights | None = getattr(account, "weights", None)
    answer = _answer(account, weights, draft, now, explain=explain)
    loaded, given = answer.loaded, answer.given
    inferred = time.perf_counter()
    prediction = Prediction(
        account=account,
        model_version_id=loaded.version_id,
        weights_version=weights.version if weights else None,
        basis=given.basis,
        scheduled_for=scheduled_for,
        duration_s=duration_s,
        caption_fingerprint=caption_fingerprint(text),
        caption_length=caption.length,
        hashtags=list(caption.hashtags),
        client=client,
        point=given.point,
        typical=given.typical,
        low=given.low,
        high=given.high,
        bucket=given.bucket,
        baseline=given.baseline,
        metrics=given.metrics,
        measures={name: _recorded(found) for name, found in given.measures.items()},
        engagement_rate=_recorded(given.engagement_rate) if given.engagement_rate else None,
        warnings=[*loaded.warnings, *answer.warnings, *given.warnings],
        explanation=[asdict(effect) for effect in given.explanation] if explain else None,
        latency_ms=_milliseconds(started, time.perf_counter()),
    )
    with transaction.atomic():
        prediction.caption = text if _keeps_texts(account.user_id) else ""
        prediction.save()
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="a forecast")
    return PredictionResult(
        prediction=prediction,
        model_version=loaded.name,
        weights_updated_at=weights.updated_at if weights else None,
        latency_ms=_milliseconds(started, time.perf_counter()),
        feature_fetch_ms=_milliseconds(fetching, answer.fetched_at),
        inference_ms=_milliseconds(answer.fetched_at, inferred),
    )


def update_weights(*, account_id: int, now: datetime | None = None) -> bool:
    """Learn the account's weights anew if they are stale; whether they were.

    Workers that want the same account's weights wait for each other, and all but the first find nothing left to do.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _lock_learning(account_id)
        champion = registry.to_learn_beside(champion_id())
        # what is stale is read before the posts: a change in between leaves the weights stale rather than unnoticed
        stale = selectors.stale_weights(account_id, now, beside=champion.version_id)
        if stale is None:
            return False
        loaded, state, looked_back = _learned(account_id, champion, stale.canary_id, now)
        # learning may have taken seconds, in which the account can have been erased or its consent withdrawn
        account = lock_account(account_id)
        learned = {
            "model_version_id": loaded.version_id,
            "posts_sequence": stale.posts_sequence,
            "as_of": now,
            "posts": state.posts,
            "state": state.to_bytes(),
            "summary": state.weights,
        }
        AccountWeights.objects.update_or_create(
            account_id=account_id,
            defaults={**learned, "version": F("version") + 1},
            create_defaults=learned,
        )
        if has_consent(account.user_id, Purpose.LEARNING):
            drift.record_misses(account_id=account_id, loaded=loaded, looked_back=looked_back, now=now)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="posts, and what is learned of them")
    return True


def stale_accounts(now: datetime) -> QuerySet[TikTokAccount]:
    """Accounts to learn anew, oldest first: by what can be served here, which during a release is not so everywhere."""
    return selectors.stale_accounts(now, beside=registry.to_learn_beside(champion_id()).version_id)


def meet_outcomes(*, now: datetime | None = None) -> int:
    """Match predictions whose horizon has passed with the posts that came of them; how many outcomes were recorded.

    A prediction for which no post is found within seven days stays without an outcome. Who withdraws meanwhile, or is
    erased, ends it for their own account alone.
    """
    now = now or timezone.now()
    due = selectors.predictions_due(now, given_up_after=OUTCOMES_GIVEN_UP_AFTER)
    recorded = 0
    for account_id in list(due.order_by("account_id").values_list("account_id", flat=True).distinct()):
        try:
            recorded += _meet_account(account_id, list(due.filter(account=account_id)), now)
        except (NoConsent, TikTokAccount.DoesNotExist) as error:
            log.info("outcomes_ended", account_id=account_id, reason=type(error).__name__)
    return recorded


@transaction.atomic
def give_feedback(
    *, prediction: Prediction, verdict: str, reason: str, text: str = "", subject: str = Feedback.FORECAST
) -> tuple[Feedback, bool]:
    """Record what the person holds against the prediction, in place of what they said before; whether it is the first.

    Their own words are dropped unless they keep texts; earlier ones, kept under a text that has changed since, are left
    as they are. Raises NoConsent, and NoSuchSubject where the prediction has no such part.
    """
    _require_subject(prediction, subject)
    words = {"text": blank_contacts(text)} if _keeps_texts(prediction.account.user_id) else {}
    return Feedback.objects.update_or_create(
        prediction=prediction, subject=subject, defaults={"verdict": verdict, "reason": reason, **words}
    )


def take_back_feedback(*, prediction: Prediction, subject: str = Feedback.FORECAST) -> None:
    """Forget what was said; nothing happens where nothing was.

    Raises NoSuchSubject where the prediction has no such part.
    """
    _require_subject(prediction, subject)
    Feedback.objects.filter(prediction=prediction, subject=subject).delete()


def _require_subject(prediction: Prediction, subject: str) -> None:
    subjects = selectors.subjects_of(prediction)
    if subject not in subjects:
        raise NoSuchSubject(subjects)


def _keeps_texts(user_id: int) -> bool:
    """Whether what is about to be stored may hold the person's texts; NoConsent if nothing of it may be stored."""
    agreed = hold(user_id)
    if Purpose.SERVICE not in agreed:
        raise NoConsent(Purpose.SERVICE)
    return Purpose.DRAFTS in agreed


@dataclass(frozen=True, slots=True)
class _Answer:
    loaded: LoadedModel
    given: Forecast
    warnings: list[str]
    fetched_at: float


def _answer(
    account: "WithAnnotations[TikTokAccount, selectors.Serving]",
    weights: AccountWeights | None,
    draft: Draft,
    now: datetime,
    *,
    explain: bool,
) -> _Answer:
    """By the canary if it serves the account, by the champion otherwise and wherever the canary fails.

    Where the champion fails as well, it is not the canary's fault.
    """
    failure: Exception | None = None
    if account.canary_id is not None:
        try:
            challenger = registry.challenger(account.canary_id)
            if challenger:
                return _answer_by(challenger, account, weights, draft, now, explain=explain)
        except Exception as error:  # noqa: BLE001 whatever a challenger does, the request is answered
            failure = error
    champion = registry.serving(account.champion_id)
    try:
        answer = _answer_by(champion, account, weights, draft, now, explain=explain)
    except Exception as error:
        record_failure(champion.version_id, error)
        raise
    if failure:
        record_failure(account.canary_id, failure)
    return answer


def _answer_by(
    loaded: LoadedModel,
    account: TikTokAccount,
    weights: AccountWeights | None,
    draft: Draft,
    now: datetime,
    *,
    explain: bool,
) -> _Answer:
    state, warnings = _state(account, weights, loaded, now)
    fetched_at = time.perf_counter()
    given = forecast(loaded.model, state, draft, as_of=int(now.timestamp()), explain=explain)
    _require_numbers(given)
    return _Answer(loaded, given, warnings, fetched_at)


def _require_numbers(given: Forecast) -> None:
    """JSON knows no NaN and no infinity, and each part of a forecast is stored or sent as that."""
    try:
        json.dumps(asdict(given), allow_nan=False)
    except ValueError as error:
        raise ImpossibleForecast(str(error)) from error


def _account_for_forecast(user: User, public_id: str | None) -> "WithAnnotations[TikTokAccount, selectors.Serving]":
    accounts = selectors.accounts_for_forecast(user, public_id)
    if public_id and not accounts:
        raise AccountNotFound
    if len(accounts) != 1:
        raise AccountNotChosen([account.public_id for account in accounts])
    if not accounts[0].may_serve:
        raise NoConsent(Purpose.SERVICE)
    return accounts[0]


def _state(
    account: TikTokAccount, weights: AccountWeights | None, loaded: LoadedModel, now: datetime
) -> tuple[AccountState, list[str]]:
    """What was learned of the account, or a state that knows nothing of it; and what to warn of."""
    if weights is not None:
        try:
            state = AccountState.from_bytes(bytes(weights.state))
        except UnreadableState as error:
            log.error("weights_unreadable", account_id=account.pk, reason=str(error))
            # makes them stale, so that they are learned anew
            AccountWeights.objects.filter(pk=account.pk, version=weights.version).update(posts_sequence=0)
            return _empty_state(account, loaded, now), [UNREADABLE_WEIGHTS]
        return state, [OTHER_MODEL] if weights.model_version_id != loaded.version_id else []
    return _empty_state(account, loaded, now), [NOT_LEARNED]


def _empty_state(account: TikTokAccount, loaded: LoadedModel, now: datetime) -> AccountState:
    followers = math.nan if account.follower_count is None else float(account.follower_count)
    return learn_account(loaded.model, AccountHistory(str(account.pk), followers, posts=()), as_of=int(now.timestamp()))


def _learned(
    account_id: int, champion: LoadedModel, canary_id: int | None, now: datetime
) -> tuple[LoadedModel, AccountState, LookBack]:
    """What the canary learns of the account if it serves it, the champion otherwise and wherever the canary fails.

    Where the champion fails as well, or the history cannot be read, it is not the canary's fault.
    """
    if canary_id is None:
        return _learned_beside(champion, account_id, now)
    try:
        return _learned_beside(registry.challenger(canary_id) or champion, account_id, now)
    except Exception as error:  # noqa: BLE001 whatever a challenger does, the account is learned
        learned = _learned_beside(champion, account_id, now)
        record_failure(canary_id, error)
        return learned


def _learned_beside(loaded: LoadedModel, account_id: int, now: datetime) -> tuple[LoadedModel, AccountState, LookBack]:
    history = selectors.account_history(account_id, now, purpose=Purpose.SERVICE)
    return loaded, *learn_and_look_back(loaded.model, history, as_of=int(now.timestamp()))


def _lock_learning(account_id: int) -> None:
    """Until the transaction ends. The key is 32 bits wide: accounts that share one only wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LEARNING_LOCKS, account_id & 0x7FFFFFFF])


def _meet_account(account_id: int, due: list[Prediction], now: datetime) -> int:
    if not due:
        # they left since the accounts were listed
        return 0
    first, last = min(p.scheduled_for for p in due), max(p.scheduled_for for p in due)
    matched = match_posts(
        selectors.planned_drafts(account_id, first - 2 * REACH, last + 2 * REACH),
        selectors.published_captions(account_id, first - REACH, min(last + REACH, now)),
        now,
    )
    # another worker may have met some meanwhile
    met = {prediction: matched[prediction.pk] for prediction in due if prediction.pk in matched}
    if not met:
        return 0
    curve, moment = registry.serving(champion_id()).model.curve, int(now.timestamp())
    posts = selectors.published_posts(account_id, now, purpose=Purpose.OUTCOMES)
    labels = {post_id: first_day(posts[post_id], curve, moment) for post_id in set(met.values())}
    outcomes = [
        _outcome(prediction, met[prediction], label) for prediction in met if (label := labels[met[prediction]])
    ]
    with transaction.atomic():
        account = lock_account(account_id)
        require(account.user_id, Purpose.OUTCOMES)
        Outcome.objects.bulk_create(outcomes, ignore_conflicts=True)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="forecasts, compared with posts")
    return len(outcomes)


def _outcome(prediction: Prediction, post_id: int, label: Label) -> Outcome:
    likes, comments, shares, views = counts = [None if math.isnan(log) else math.expm1(log) for log in label.logs]
    assert likes is not None
    rate = engagement_rate(label)
    return Outcome(
        prediction=prediction,
        post_id=post_id,
        label=Outcome.Label.MEASURED if label.measured else Outcome.Label.ESTIMATED,
        sd=label.sd,
        likes=likes,
        comments=comments,
        shares=shares,
        views=views,
        error=_error(prediction.point, likes),
        typical_error=_error(prediction.typical, likes),
        baseline_error=_error(prediction.baseline, likes),
        within_interval=prediction.low <= likes <= prediction.high,
        engagement_rate=rate,
        measures_within=_within(prediction, dict(zip(MEASURES, counts, strict=True)) | {RATE: rate}),
    )


def _within(prediction: Prediction, actual: dict[str, float | None]) -> dict[str, bool]:
    """Whether each measure lay in the interval that was forecast; those that either side does not know are absent."""
    promised = prediction.measures | ({RATE: prediction.engagement_rate} if prediction.engagement_rate else {})
    return {
        name: promised[name]["interval"][0] <= value <= promised[name]["interval"][1]
        for name, value in actual.items()
        if value is not None and name in promised
    }


def _recorded(found: Range) -> dict[str, Any]:
    return {"typical": found.typical, "interval": [found.low, found.high]}


def _error(forecast: float | None, likes: float) -> float | None:
    """As a share of the likes; None where there are no likes, or no forecast."""
    return abs(forecast - likes) / likes if forecast is not None and likes > 0 else None


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
