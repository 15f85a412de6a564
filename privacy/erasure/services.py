"""Requesting, cancelling and resuming erasures."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config import jobs
from privacy.declarations.registry import subject_of
from privacy.erasure.selectors import active_erasures, due_erasures
from privacy.models import AccessEvent, Erasure, Through
from privacy.people import lock_person
from privacy.trail.services import record

GRACE = timedelta(days=14)
"""The wait in which a person may change their mind; they can skip it."""
LEASE = timedelta(minutes=5)
"""Longest time for a message to reach a worker before it is sent again, and an erasure that waits is tried again."""


class StaffStay(Exception):
    """Staff are not erased: what they did is recorded under their names. The message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Staff cannot be erased while they are staff: have a superuser take the staff status away first."
        )


@transaction.atomic
def request_erasure(
    *,
    user_id: int,
    reason: Erasure.Reason,
    through: Through,
    grace: timedelta | None = GRACE,
    account_id: int | None = None,
    why: str = "",
) -> Erasure:
    """Request the erasure of a person, or of one of their accounts; with `grace` None it begins at once.

    An active erasure that covers the request is returned, with its wait shortened. Erasing a person's only account
    erases the person. Raise StaffStay.
    """
    lock_person(user_id)
    is_staff = get_user_model()._default_manager.filter(pk=user_id, is_staff=True).exists()
    account_ids = subject_of(user_id).account_ids
    whole = account_id is None or (account_ids == (account_id,) and not is_staff)
    if whole and is_staff and reason != Erasure.Reason.REPLAY:
        raise StaffStay
    due_at = timezone.now() + (grace or timedelta())
    erasure = active_erasures(user_id).filter(_covering(whole, account_id)).first()
    if erasure is None:
        erasure = Erasure.objects.create(
            user_id=user_id,
            account_ids=list(account_ids) if whole else [account_id],
            whole=whole,
            reason=reason,
            through=through,
            due_at=due_at,
        )
        record(action=AccessEvent.Action.ERASE, subjects=[user_id], what="erasure asked for", why=why)
    elif due_at < erasure.due_at or reason == Erasure.Reason.REPLAY:
        erasure.due_at, erasure.reason, erasure.through = min(due_at, erasure.due_at), reason, through
        erasure.save(update_fields=["due_at", "reason", "through"])
        record(action=AccessEvent.Action.ERASE, subjects=[user_id], what="erasure asked for, sooner", why=why)
    if erasure.due_at <= timezone.now():
        jobs.enqueue(erasure)
    return erasure


@transaction.atomic
def cancel_erasure(*, user_id: int) -> bool:
    """Cancel the erasure that the person asked for and that has not begun; return whether there was one.

    Erasures for other reasons (TikTok, the staff, retention) are not theirs to cancel.
    """
    own = active_erasures(user_id).filter(state=Erasure.State.WAITING, reason=Erasure.Reason.PERSON)
    return cancel(own.values_list("pk", flat=True), user_id=user_id, what="erasure cancelled")


def cancel(erasures: Iterable[int], *, user_id: int, what: str) -> bool:
    """Cancel erasures of the person and record it; return whether there were any."""
    cancelled = Erasure.objects.filter(pk__in=list(erasures)).update(
        state=Erasure.State.CANCELLED, finished_at=timezone.now(), user_id=None, account_ids=[]
    )
    if cancelled:
        record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what=what)
    return bool(cancelled)


def resume_due(*, now: datetime | None = None) -> list[int]:
    """Send the erasures whose wait is over, and those whose worker or message was lost; return their primary keys."""
    now = now or timezone.now()
    return jobs.resume(due_erasures(now).filter(jobs.lost(Erasure, LEASE, now=now)), now=now)


@transaction.atomic
def send_again(*, erasure_pk: int) -> bool:
    """Send an erasure that is due to a worker, at the wish of staff; return whether there was one.

    A worker that holds it goes on: only one can claim it.
    """
    erasure = due_erasures(timezone.now()).filter(pk=erasure_pk).first()
    if erasure is None:
        return False
    record(action=AccessEvent.Action.ERASE, subjects=[erasure.user_id or 0], what="erasure, sent to a worker again")
    jobs.enqueue(erasure)
    return True


def _covering(whole: bool, account_id: int | None) -> Q:
    """Match erasures that make another one needless.

    One of the whole person that waits for days does not cover an account that is to be erased now.
    """
    if whole:
        return Q(whole=True)
    return Q(whole=True, state=Erasure.State.RUNNING) | Q(whole=False, account_ids=[account_id])
