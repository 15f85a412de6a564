"""Write and delete comments."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.linked.services import lock_account
from accounts.models import Notice, Seat, TikTokAccount, User
from accounts.telling.services import tell_of_another, withdraw_from_all
from predictions.models import DraftComment, SavedDraft
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import has_consent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

MOST_COMMENTS = 200
"""Comments on one draft."""


class NotCommented(ValueError):
    """The comment was not kept; the message says why."""


@transaction.atomic
def add_comment(*, draft: SavedDraft, author: User, text: str) -> DraftComment:
    """Add a comment to a draft that the author may see; contacts in it are blanked.

    Raises NoConsent, TikTokAccount.DoesNotExist, and NotCommented where the account's person does not keep texts.
    """
    account = lock_account(draft.account_id)
    if not has_consent(account.user_id, Purpose.DRAFTS):
        raise NotCommented(_("Texts of this account are not kept, so comments cannot be kept either."))
    if DraftComment.objects.filter(draft=draft).count() >= MOST_COMMENTS:
        raise NotCommented(
            _("This draft has %(number)d comments; delete some before you add another one.") % {"number": MOST_COMMENTS}
        )
    comment = DraftComment.objects.create(draft=draft, author=author, text=blank_contacts(text))
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="comments on your drafts")
    _tell(draft, account, author)
    return comment


@transaction.atomic
def delete_comment(*, comment: DraftComment) -> None:
    """Delete a comment."""
    draft, owner = comment.draft, comment.draft.account.user_id
    comment.delete()
    if not DraftComment.objects.filter(draft=draft).exists():
        withdraw_from_all(kind=Notice.Kind.COMMENT, about=[draft.public_id])
    record(action=AccessEvent.Action.CHANGE, subjects=[owner], what="comments on your drafts")


def _tell(draft: SavedDraft, account: TikTokAccount, author: User) -> None:
    """Tell the owner, and the members who commented on the draft before, but not whoever wrote this one."""
    before = DraftComment.objects.filter(draft=draft).values("author")
    members = Seat.objects.filter(account=account, person__in=before, removed_at=None)
    for user_id in {account.user_id, *members.values_list("person_id", flat=True)} - {author.pk}:
        tell_of_another(
            user_id=user_id,
            kind=Notice.Kind.COMMENT,
            about=draft.public_id,
            link=f"{reverse('predictions:draft', args=[draft.public_id])}#comments-heading",
            account_id=account.pk,
        )
