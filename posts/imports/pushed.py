"""Rows that programs push: the columns of the post history format as members of a JSON object, strictly typed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from posts.imports.matching import Decision
from posts.imports.storing import Outcome, store_rows
from posts.models import Origin
from posts.platforms.exports import ImportedRow
from posts.platforms.exports.rows import BadRow
from posts.platforms.exports.tables import COLUMNS, row_of
from posts.platforms.exports.values import shown
from privacy.models import AccessEvent
from privacy.trail.services import record

MEMBERS = tuple(column for column in COLUMNS if column != "account_id")
BATCH = 250
"""Rows stored in one transaction: the account is locked meanwhile."""
_TEXTS = ("posted_at", "observed_at", "caption", "share_url")


def push_rows(account: TikTokAccount, values: Sequence[Any]) -> list[tuple[Outcome, str, str]]:
    """Store the rows and return for each its outcome, the post's id on its platform, and a reason or "".

    A row that cannot be used changes nothing of the others. The same rows again change nothing. Raise NoConsent, and
    TikTokAccount.DoesNotExist if the account was erased meanwhile.
    """
    now = timezone.now()
    results: dict[int, tuple[Outcome, str, str]] = {}
    rows: list[ImportedRow] = []
    for number, value in enumerate(values):
        try:
            rows.append(_row(number, value, now))
        except BadRow as problem:
            results[number] = (Outcome.SKIPPED, "", str(problem))
    for start in range(0, len(rows), BATCH):
        for decision in _store(account.pk, rows[start : start + BATCH], now):
            results[decision.row.number] = (decision.outcome, decision.id, decision.reason)
    return [results[number] for number in range(len(values))]


@transaction.atomic
def _store(account_id: int, rows: Sequence[ImportedRow], now: datetime) -> list[Decision]:
    account = lock_account(account_id)
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="posts, pushed by a program")
    return store_rows(account, rows, origin=Origin.PUSHED, observed_at=now, now=now)


def _row(number: int, values: Any, now: datetime) -> ImportedRow:
    """Return the row. Raise BadRow with what is wrong with it."""
    if not isinstance(values, dict):
        raise BadRow(f"is {shown(values)}; expected an object")
    if unknown := sorted(values.keys() - set(MEMBERS)):
        raise BadRow(f"has the unknown member {shown(unknown[0])}; expected {', '.join(MEMBERS)}")
    for name in _TEXTS:
        if not isinstance(values.get(name), str | None):
            raise BadRow(f"{name} is {shown(values[name])}; expected a text")
    if not isinstance(values.get("is_ai_generated"), bool | None):
        raise BadRow(f"is_ai_generated is {shown(values['is_ai_generated'])}; expected true or false")
    tags = values.get("hashtags")
    if tags is not None and not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise BadRow(f"hashtags is {shown(tags)}; expected a list of texts")
    row = row_of(number, values, now=now)
    if row.counts != type(row.counts)() and row.observed_at is None:
        raise BadRow("has counts and no observed_at; expected the moment at which they were read")
    return row
