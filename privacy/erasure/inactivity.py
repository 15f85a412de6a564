"""Erasures for inactivity or withdrawn consent last as long as their reason: coming back cancels them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from privacy.erasure.selectors import active_erasures
from privacy.erasure.services import cancel
from privacy.models import Consent, Erasure
from privacy.people import lock_person
from privacy.purposes import YEAR, Purpose

INACTIVE_AFTER = YEAR
"""A person who has not signed in for so long is erased."""


def erased_after(user: Any) -> datetime:
    """Return when the person is erased unless they sign in before."""
    since: datetime = user.last_login or user.date_joined
    return since + INACTIVE_AFTER


@transaction.atomic
def cancel_if_void(*, user_id: int, signs_in: bool = False) -> bool:
    """Cancel the person's erasure that has not begun, if its reason is gone; return whether there was one.

    `signs_in` says that they sign in now: `last_login` may not be set yet. The person's row is locked, as it is by a
    sign-in and by consent: an erasure that is claimed in the same transaction begins before or after those.
    """
    lock_person(user_id)
    waiting = active_erasures(user_id).filter(state=Erasure.State.WAITING, reason__in=_STILL_HOLDS)
    void = [
        each.pk
        for each in waiting
        if (signs_in and each.reason == Erasure.Reason.RETENTION) or not _STILL_HOLDS[each.reason](user_id)
    ]
    return cancel(void, user_id=user_id, what="erasure cancelled: they came back")


def _is_inactive(user_id: int) -> bool:
    person = get_user_model()._default_manager.filter(pk=user_id).first()
    return person is None or erased_after(person) <= timezone.now()


def _has_withdrawn(user_id: int) -> bool:
    return not Consent.objects.filter(user=user_id, purpose=Purpose.SERVICE, withdrawn_at=None).exists()


_STILL_HOLDS: dict[str, Callable[[int], bool]] = {
    Erasure.Reason.RETENTION: _is_inactive,
    Erasure.Reason.WITHDRAWAL: _has_withdrawn,
}
"""Reasons that the passing of time gave -> whether it still holds for a person."""
