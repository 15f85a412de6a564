"""Reads of comments, with what their authors are called at the draft's account."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Seat
from predictions.models import DraftComment, SavedDraft


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as a reader sees it."""

    comment: DraftComment
    author: str
    """The name of the author's seat; the owner has none."""
    is_own: bool
    may_delete: bool


def comments_on(draft: SavedDraft) -> QuerySet[DraftComment]:
    """Return the draft's comments, oldest first; the caller knows that its reader may see the draft."""
    return DraftComment.objects.filter(draft=draft).select_related("draft__account")


def as_read(comments: Sequence[DraftComment], draft: SavedDraft, reader_id: int) -> list[Comment]:
    """Return comments on the draft as the reader (a primary key) sees them. One query."""
    owner = draft.account.user_id
    # of several seats of a person, one after the other, the last one names them
    seats = Seat.objects.filter(account=draft.account_id, person__in={each.author_id for each in comments} - {owner})
    names = dict(seats.order_by("pk").values_list("person_id", "name"))
    names[owner] = _("the owner")
    return [
        Comment(
            comment=each,
            author=names.get(each.author_id, _("somebody who had a seat")),
            is_own=each.author_id == reader_id,
            may_delete=reader_id in (each.author_id, owner),
        )
        for each in comments
    ]
