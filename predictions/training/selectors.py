"""Reads for training: the people and histories of the accounts that may be learned from."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from accounts.linked.selectors import accounts_to_learn_from
from accounts.models import TikTokAccount
from predictions.engine import AccountHistory
from predictions.learning.selectors import account_history
from predictions.training.pseudonyms import pseudonym
from privacy.purposes import Purpose


def people_to_learn_from() -> list[int]:
    """Return the primary keys of those accounts' people, for the trail."""
    return list(accounts_to_learn_from().values_list("user_id", flat=True).distinct())


def one_by_one(accounts: QuerySet[TikTokAccount]) -> Iterator[TikTokAccount]:
    """Yield the accounts in the order of their public ids, which are random.

    Each is queried again right before its turn: a pass takes minutes, in which accounts leave.
    """
    for account_id in list(accounts.order_by("public_id").values_list("pk", flat=True)):
        yield from accounts.filter(pk=account_id)


def training_histories(as_of: datetime) -> Iterator[AccountHistory]:
    """Yield the histories to learn from as of a moment, each under its account's pseudonym."""
    for account in one_by_one(accounts_to_learn_from()):
        history = account_history(account.pk, as_of, purpose=Purpose.LEARNING)
        yield replace(history, account_id=pseudonym(account.public_id))
