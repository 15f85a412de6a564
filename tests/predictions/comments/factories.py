"""Comments, made by factory-boy."""

import factory
from factory.django import DjangoModelFactory

from predictions.models import DraftComment
from tests.predictions.plan.factories import SavedDraftFactory


class DraftCommentFactory(DjangoModelFactory[DraftComment]):
    """A comment by the draft's own person."""

    class Meta:
        model = DraftComment

    draft = factory.SubFactory(SavedDraftFactory)
    author = factory.SelfAttribute("draft.account.user")
    text = "Shorter, perhaps?"
