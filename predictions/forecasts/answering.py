"""The way from a person's account to an answer of the model that serves it; nothing is recorded here."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog

from accounts.models import User
from posts.content.lately import measure_draft
from posts.content.pictures import CoverMeasures
from posts.freshness import Freshness, freshness_of
from predictions.engine import AccountHistory, Draft, GlobalModel, LearnedAccount, UnreadableAccount, learn_account
from predictions.forecasts.selectors import ServedAccount, accounts_for_forecast
from predictions.learning.memory import Remembered, memory
from predictions.models import AccountWeights
from predictions.versions.canary import record_failure
from predictions.versions.registry import LoadedModel, registry
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from telemetry.correlation import about_account

log = structlog.get_logger(__name__)

T = TypeVar("T")
Compute = Callable[[GlobalModel, LearnedAccount], T]

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
    """A model's answer contains NaN or infinity."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A model's result, with the warnings, how fresh its data is, and the moment of reading the account's state."""

    loaded: LoadedModel
    result: T
    warnings: list[str]
    """Warnings for the person, those of `data` among them."""
    data: Freshness
    fetched_at: float


def draft_of(
    *,
    text: str,
    hashtags: Sequence[str],
    publish_at: datetime,
    duration_s: int | None,
    cover: CoverMeasures | None,
) -> Draft:
    """Return the draft as the engine takes it, its caption measured."""
    return Draft(
        publish_at=int(publish_at.timestamp()),
        caption=measure_draft(text, hashtags),
        duration_s=math.nan if duration_s is None else float(duration_s),
        sound="",
        cover=cover,
    )


def require_finite(value: Any) -> None:
    """Raise ImpossibleForecast for a value that JSON, which has no NaN, cannot hold."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ImpossibleForecast(str(error)) from error


def account_to_forecast(user: User, account_id: str | None) -> ServedAccount:
    """Return the person's account of that id, or without one the only connected one, else the only one. One query.

    Raises NoConsent, AccountNotFound and AccountNotChosen.
    """
    accounts = accounts_for_forecast(user, account_id)
    if account_id and not accounts:
        raise AccountNotFound
    if len(accounts) != 1:
        raise AccountNotChosen([account.public_id for account in accounts])
    [account] = accounts
    if not account.may_serve:
        raise NoConsent(Purpose.SERVICE)
    about_account(account.public_id)
    return account


def answer_for(account: ServedAccount, now: datetime, compute: Compute[T]) -> Answer[T]:
    """Compute with the canary if it serves the account, and with the champion otherwise or if the canary fails.

    The canary's failure is recorded only if the champion succeeds: else the account is to blame.
    """
    failure: Exception | None = None
    if account.canary_id is not None:
        try:
            challenger = registry.challenger(account.canary_id)
            if challenger:
                return _answer_with(challenger, account, now, compute)
        except Exception as error:  # noqa: BLE001 whatever a challenger raises, the request is answered
            failure = error
    champion = registry.serving(account.champion_id)
    try:
        answer = _answer_with(champion, account, now, compute)
    except Exception as error:
        record_failure(champion.version_id, error)
        raise
    if failure:
        record_failure(account.canary_id, failure)
    return answer


def _answer_with(loaded: LoadedModel, account: ServedAccount, now: datetime, compute: Compute[T]) -> Answer[T]:
    """Compute with one model. Raises whatever the model and `compute` do."""
    learned, warnings = account.remembered, []
    if learned is None and account.state is not None and account.weights_version is not None:
        version = account.weights_version
        try:
            learned = LearnedAccount.from_bytes(account.state)
            memory.keep(account.user_id, account.public_id, Remembered(account.pk, version, learned))
        except UnreadableAccount as error:
            log.error("weights_unreadable", account_id=account.pk, reason=str(error))
            # makes them stale, so that they are learned again
            AccountWeights.objects.filter(pk=account.pk, version=version).update(posts_sequence=0)
            warnings = [UNREADABLE_WEIGHTS]
    if learned is None:
        followers = math.nan if account.follower_count is None else float(account.follower_count)
        new = AccountHistory(str(account.pk), followers, posts=(), zone=account.time_zone)
        learned = learn_account(loaded.model, new, as_of=int(now.timestamp()))
        warnings = warnings or [NOT_LEARNED]
    elif account.weights_model_id != loaded.version_id:
        warnings = [OTHER_MODEL]
    fetched_at = time.perf_counter()
    data = freshness_of(account.reading, now)
    return Answer(
        loaded, compute(loaded.model, learned), [*data.messages, *loaded.warnings, *warnings], data, fetched_at
    )
