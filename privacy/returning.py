"""Who comes back is not erased for having been away: what retention asked for lasts as long as its reason."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from privacy import trail
from privacy.models import AccessEvent, Consent, Erasure
from privacy.purposes import Purpose
from privacy.retention import erased_after


@transaction.atomic
def spare_who_came_back(*, user_id: int, signs_in: bool = False) -> bool:
    """Cancel the person's erasure that has not begun, if they signed in or consented since; whether there was one.

    Under the lock of the person's row, which a sign-in and a consent change as well: whoever begins the erasure in the
    same transaction (`erasing.run`) begins it before or after those, never in between.
    """
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    waiting = Erasure.objects.filter(user_id=user_id, state=Erasure.State.WAITING, reason__in=_STILL_HOLDS)
    void = [
        each.pk
        for each in waiting
        if (signs_in and each.reason == Erasure.Reason.RETENTION) or not _STILL_HOLDS[each.reason](user_id)
    ]
    cancelled = Erasure.objects.filter(pk__in=void).update(
        state=Erasure.State.CANCELLED, finished_at=timezone.now(), user_id=None, account_ids=[]
    )
    if cancelled:
        trail.record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="erasure cancelled: they came back")
    return bool(cancelled)


def _is_inactive(user_id: int) -> bool:
    person = get_user_model()._default_manager.filter(pk=user_id).first()
    return person is None or erased_after(person) <= timezone.now()


def _has_withdrawn(user_id: int) -> bool:
    return not Consent.objects.filter(user=user_id, purpose=Purpose.SERVICE, withdrawn_at=None).exists()


_STILL_HOLDS: dict[str, Callable[[int], bool]] = {
    Erasure.Reason.RETENTION: _is_inactive,
    Erasure.Reason.WITHDRAWAL: _has_withdrawn,
}
"""What nobody asked for but the clock, and whether its reason is still there."""
