"""Close the seats at accounts that are erased, and tell the trail what members are called."""

from django.utils import timezone

from accounts.models import Seat
from accounts.seats.selectors import names_of_members
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import on_stop
from privacy.trail.members import register_namer

register_namer(names_of_members)


@on_stop
def let_no_member_in(subject: Subject) -> None:
    """Close the seats: their rows may go later, as TikTok is waited for."""
    Seat.objects.filter(account__in=subject.account_ids, removed_at=None).update(removed_at=timezone.now())
