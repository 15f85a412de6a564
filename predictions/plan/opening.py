"""Opening the draft of a page's address: one's own, or of an account at which one has a seat."""

from django.shortcuts import get_object_or_404

from accounts.linked.switcher import SignedInRequest
from accounts.seats.access import OpenedAccount, open_account
from predictions.models import SavedDraft


def open_draft(request: SignedInRequest, draft_id: str, *, to_write: bool = False) -> tuple[SavedDraft, OpenedAccount]:
    """Return a draft that the person may see and, where asked, change, with its account as they opened it.

    Raises Http404 for others, as `AccessEnded` for somebody who once had a seat there.
    """
    drafts = SavedDraft.objects.select_related("account__user", "prediction__outcome", "post")
    draft = get_object_or_404(drafts, public_id=draft_id)
    return draft, open_account(request, draft.account, to_write=to_write)
