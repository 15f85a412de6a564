"""A reminder is told once when it is due, and withdrawn when it moves, ends, or the post is there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from predictions.models import SavedDraft
from predictions.plan import services
from tests.predictions.plan.factories import SavedDraftFactory

pytestmark = pytest.mark.django_db


def test_a_reminder_is_told_once_and_again_when_it_moved() -> None:
    now = timezone.now()
    draft: SavedDraft = SavedDraftFactory(remind_at=now, publish_at=now + timedelta(hours=1))
    SavedDraftFactory(remind_at=now + timedelta(hours=1))
    assert [services.tell_reminders(now=now), services.tell_reminders(now=now)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.kind, notice.about) == (Notice.Kind.REMINDER, draft.public_id)
    assert notice.link == f"/plan/drafts/{draft.public_id}/"
    services.change_draft(draft_id=draft.pk, version=1, changes={"remind_at": now + timedelta(hours=2)})
    assert not Notice.objects.exists()
    assert services.tell_reminders(now=now + timedelta(hours=2)) == 2
    services.end_reminder(draft_id=draft.pk)
    services.delete_draft(draft_id=SavedDraft.objects.exclude(pk=draft.pk).get().pk)
    assert not Notice.objects.exists()
