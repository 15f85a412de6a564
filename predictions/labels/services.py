"""Writes of labels: drawing pairs, and votes."""

import random
from dataclasses import dataclass

from django.db import transaction

from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from predictions.labels.drawing import draw_near
from predictions.labels.selectors import NEEDED, accounts_to_compare, candidates, drawn_pairs, waiting_pairs
from predictions.models import LabelPair, LabelVote
from predictions.models.labels import RATERS, Side
from privacy.consent.selectors import NoConsent, purposes_of
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

DRAWN_AT_ONCE = 20
MOST_WAITING = 100
"""Pairs of a question that wait for raters."""


class AlreadyCompared(ValueError):
    """The pair has the rater's vote, or two votes."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it was shown."""

    side: Side
    was_mirrored: bool


def draw_pairs(*, question: LabelPair.Question, chance: random.Random | None = None) -> int:
    """Draw up to `DRAWN_AT_ONCE` pairs of posts of accounts that let staff compare; return how many were drawn.

    None of them where `MOST_WAITING` wait. An account that leaves meanwhile is skipped.
    """
    chance = chance or random.Random()
    wanted = min(DRAWN_AT_ONCE, MOST_WAITING - waiting_pairs(question).count())
    accounts = list(accounts_to_compare().order_by("?").values_list("pk", flat=True)[:DRAWN_AT_ONCE])
    drawn = 0
    for number, account_id in enumerate(accounts):
        # what some accounts lack, the later ones make up for
        share = -(-(wanted - drawn) // (len(accounts) - number))
        if share <= 0:
            break
        try:
            drawn += _draw_of_account(account_id, question, share, chance)
        except (NoConsent, TikTokAccount.DoesNotExist):
            continue
    return drawn


@transaction.atomic
def _draw_of_account(account_id: int, question: LabelPair.Question, count: int, chance: random.Random) -> int:
    """Draw pairs of one account. Raises NoConsent and TikTokAccount.DoesNotExist."""
    account = _lock_consenting(account_id)
    chosen = draw_near(candidates(account_id), drawn_pairs(account_id, question), count, chance)
    if not chosen:
        return 0
    LabelPair.objects.bulk_create(
        [LabelPair(question=question, account=account, left_id=left, right_id=right) for left, right in chosen]
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="pairs of your captions, for staff")
    return len(chosen)


@transaction.atomic
def vote(*, pair_id: int, rater: str, ballot: Ballot) -> LabelVote:
    """Store the rater's answer.

    Raises AlreadyCompared, NoConsent, and LabelPair.DoesNotExist where the pair was erased meanwhile.
    """
    account_id = LabelPair.objects.values_list("account_id", flat=True).get(pk=pair_id)
    # the account first, as everybody who writes for it: raters of one pair wait for each other here
    account = _lock_consenting(account_id)
    pair = LabelPair.objects.get(pk=pair_id)
    raters = list(pair.votes.values_list("rater", flat=True))
    if rater in raters or len(raters) >= RATERS:
        raise AlreadyCompared
    made = LabelVote.objects.create(pair=pair, rater=rater, side=ballot.side, was_mirrored=ballot.was_mirrored)
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="which of two captions staff chose")
    return made


def _lock_consenting(account_id: int) -> TikTokAccount:
    account = lock_account(account_id)
    if not purposes_of(account.user_id) >= NEEDED:
        raise NoConsent(Purpose.COMPARING)
    return account
