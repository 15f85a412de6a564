"""Saved drafts."""

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from posts.ingest.fingerprints import caption_fingerprint
from predictions.models import SavedDraft
from tests.factories import TikTokAccountFactory


class SavedDraftFactory(DjangoModelFactory[SavedDraft]):
    class Meta:
        model = SavedDraft

    account = factory.SubFactory(TikTokAccountFactory)
    caption = "Sunset at the pier #sunset"
    caption_fingerprint = factory.LazyAttribute(lambda row: caption_fingerprint(row.caption))
    publish_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    duration_s = 25
