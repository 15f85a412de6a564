"""Delete comments when texts are no longer kept, and what was told of them, also as accounts are erased."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.models import Notice
from accounts.telling.services import withdraw_from_all
from predictions.models import DraftComment
from privacy.consent.services import consent_withdrawn
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import on_stop
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_comments(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Delete the comments on the person's drafts, whoever wrote them."""
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        commented = DraftComment.objects.filter(draft__account__user=user_id)
        about = list(commented.values_list("draft__public_id", flat=True))
        withdraw_from_all(kind=Notice.Kind.COMMENT, about=about)
        commented.delete()


@on_stop
def tell_no_member(subject: Subject) -> None:
    """Delete what members were told of comments at the accounts that are erased."""
    Notice.objects.filter(kind=Notice.Kind.COMMENT, account__in=subject.account_ids).delete()
