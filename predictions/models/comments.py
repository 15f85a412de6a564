"""Comments on saved drafts."""

from django.db import models

from accounts import identifiers
from accounts.models import User
from predictions.models.plan import SavedDraft
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData

MAX_COMMENT = 500
"""Characters."""


class DraftComment(PersonalData):
    """A comment on a saved draft; it belongs to the draft's account, and goes with the draft."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the comment's row here")}

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.comment_id, editable=False),
        "The comment's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    draft = models.ForeignKey(SavedDraft, on_delete=models.CASCADE, related_name="comments")
    personal(draft, "The draft")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    personal(author, "The person who wrote it")
    text = personal(models.CharField(max_length=MAX_COMMENT), "What it says; kept only while you keep texts")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was written")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.public_id
