"""Reads of forecasts: the account that one is for, and earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import BinaryField, Case, F, Q, QuerySet, When

from accounts.models import TikTokAccount, User
from config.postgres.statements import Slot, Statement
from posts.freshness import Reading, reading_columns
from predictions.engine import LearnedAccount
from predictions.experiments.selectors import ANSWERED
from predictions.learning.memory import Remembered, memory
from predictions.models import Prediction
from predictions.reports.selectors import SWITCHED_OFF
from predictions.scoring.records import RECORD_ID
from predictions.scoring.trends import RISING
from predictions.versions.selectors import CANARY_ID, CHAMPION_ID, prefetch_versions
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose
from privacy.texts import current_text

_PERSON, _NAMED, _REMEMBERED, _VERSION = Slot("bigint"), Slot("text"), Slot("bigint"), Slot("bigint")


@dataclass(frozen=True, slots=True)
class ServedAccount:
    """An account to forecast for, as one query reads it: what serves it, whether its person agrees, its weights."""

    pk: int
    user_id: int
    public_id: str
    follower_count: int | None
    time_zone: str
    champion_id: int | None
    """None while only the prior serves."""
    canary_id: int | None
    """None unless a canary serves the account."""
    may_serve: bool
    """Whether its person agrees to forecasts now."""
    switched_off: list[str]
    """Features that are suggested to nobody."""
    answered: list[str]
    """Features that its experiments answered."""
    rising: list[str]
    """Hashtags that rise now."""
    score_record_id: int | None
    """The record of sub-scores that was learned last; None where none was since the model."""
    weights_version: int | None
    """None: nothing was learned yet."""
    weights_model_id: int | None
    weights_updated_at: datetime | None
    state: bytes | None
    """The learned account; None without weights, and where this worker remembers this version of them."""
    reading: Reading
    remembered: LearnedAccount | None
    """The learned account as this worker remembers it; None where `state` has it."""


_NAMES = [field.name for field in fields(ServedAccount)]
_COLUMNS, _WEIGHTS_VERSION = _NAMES.index("reading"), _NAMES.index("weights_version")


def accounts_for_forecast(user: User, public_id: str | None) -> list[ServedAccount]:
    """Return the person's account of that id, or without one those to choose from. One query.

    Those are the connected ones; a person without any gets forecasts from disconnected ones, which say so.
    """
    remembered = memory.find(user.pk, public_id)
    rows = _statement(bool(public_id), current_text(Purpose.SERVICE).fingerprint).rows(
        {
            _PERSON: user.pk,
            _NAMED: public_id,
            _REMEMBERED: remembered.account_id if remembered else None,
            _VERSION: remembered.version if remembered else None,
        }
    )
    accounts = [_account(row, remembered) for row in rows]
    if not accounts:
        memory.forget(user.pk)
    if public_id:
        return accounts
    return [account for account in accounts if account.reading.disconnected_at is None] or accounts


def _account(row: Sequence[Any], remembered: Remembered | None) -> ServedAccount:
    pk, version = row[0], row[_WEIGHTS_VERSION]
    is_remembered = remembered is not None and (remembered.account_id, remembered.version) == (pk, version)
    learned = remembered.learned if remembered and is_remembered else None
    served: tuple[Any, ...] = (*row[:_COLUMNS], Reading(*row[_COLUMNS:]), learned)
    return ServedAccount(*served)


# compiled anew where other words are agreed to
@lru_cache(maxsize=4)
def _statement(is_named: bool, words: str) -> Statement:
    """Return the query of a person's accounts, or of one of them."""
    own = TikTokAccount.objects.filter(user=_PERSON())
    is_remembered = Q(pk=_REMEMBERED(), weights__version=_VERSION())
    return Statement.of(
        (own.filter(public_id=_NAMED()) if is_named else own).values_list(
            *("pk", "user_id", "public_id", "follower_count", "time_zone"),
            *(CHAMPION_ID, CANARY_ID, consents_to(Purpose.SERVICE, "user"), SWITCHED_OFF, ANSWERED, RISING, RECORD_ID),
            *("weights__version", "weights__model_version", "weights__updated_at"),
            # a state has tens of kilobytes: it is sent where it is not decoded already
            Case(When(is_remembered, then=None), default=F("weights__state"), output_field=BinaryField()),
            *reading_columns(),
        )
    )


def predictions_of(user: User) -> QuerySet[Prediction]:
    """Return all forecasts for the person's accounts with their outcomes, newest first."""
    predictions = Prediction.objects.filter(account__user=user.pk)
    return predictions.select_related("account", "outcome__post").prefetch_related(prefetch_versions())
