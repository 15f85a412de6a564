"""A planned draft becomes its post: by its caption, however the post came, once."""

import datetime

import pytest
from django.utils import timezone

from predictions.models import SavedDraft
from predictions.plan import selectors, services
from privacy.purposes import Purpose
from privacy.retention.purging import purge_all
from tests.factories import PostFactory, disagree
from tests.predictions.plan.factories import SavedDraftFactory

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def draft():
    draft = SavedDraftFactory(publish_at=timezone.now() - HOUR, remind_at=timezone.now() - HOUR)
    SavedDraft.objects.filter(pk=draft.pk).update(created_at=timezone.now() - 20 * HOUR)
    return draft


def publish(draft, caption, ago):
    return PostFactory(account=draft.account, posted_at=timezone.now() - ago, text=caption)


def test_the_post_with_the_drafts_caption_is_linked_and_reminds_no_more(draft):
    publish(draft, "Something else", HOUR)
    post = publish(draft, "sunset at the  pier #sunset", 2 * HOUR)
    assert list(selectors.reminders_due(draft.account.user, timezone.now())) == [draft]
    assert services.find_published() == 1
    draft.refresh_from_db()
    assert (draft.post, draft.remind_at) == (post, None)
    assert services.find_published() == 0


def test_a_post_from_before_the_draft_is_not_it(draft):
    publish(draft, draft.caption, 30 * HOUR)
    assert services.find_published() == 0


def test_without_consent_nobody_is_looked_at(draft):
    publish(draft, draft.caption, HOUR)
    disagree(draft.account.user, Purpose.SERVICE)
    assert services.find_published() == 0


def test_drafts_are_deleted_once_they_are_long_past(draft):
    old = SavedDraftFactory(publish_at=timezone.now() - datetime.timedelta(days=91))
    untouched = SavedDraftFactory(publish_at=None)
    SavedDraft.objects.filter(pk=untouched.pk).update(updated_at=timezone.now() - datetime.timedelta(days=366))
    purge_all()
    assert list(SavedDraft.objects.all()) == [draft]
    assert old.pk
