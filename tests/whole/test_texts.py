"""The text of drafts and captions: kept only by choice, and erased at once when the choice is taken back.

With them goes what people wrote in their own words about a forecast; that it was called wrong, and why, stays.
"""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import TikTokAccount, User
from posts.ingest.storing import store_posts
from posts.models import Post
from posts.platforms.tiktok.wire import Video
from predictions.models import Feedback, Prediction
from privacy.purposes import Purpose
from tests.factories import ALL_CONSENTS, FeedbackFactory, PredictionFactory, TikTokAccountFactory, disagree

pytestmark = pytest.mark.django_db

VIDEO = Video.model_validate(
    {"id": "1", "create_time": 1_700_000_000, "video_description": "Sunset at the pier"}
).as_fetched()


@pytest.fixture
def creator() -> User:
    account: TikTokAccount = TikTokAccountFactory(user__consents=ALL_CONSENTS)
    store_posts(lock_account(account.pk), [VIDEO], timezone.now())
    draft = PredictionFactory(account=account, caption="A draft about lighthouses")
    FeedbackFactory(prediction=draft, text="The lighthouse is closed")
    return account.user


def texts_kept() -> list[str]:
    posts, drafts = Post.objects.values_list("caption", flat=True), Prediction.objects.values_list("caption", flat=True)
    return [*posts, *drafts, *Feedback.objects.values_list("text", flat=True)]


def test_texts_are_kept_by_choice(creator: User) -> None:
    assert texts_kept() == ["Sunset at the pier", "A draft about lighthouses", "The lighthouse is closed"]


@pytest.mark.parametrize("way", ["page", "api"])
def test_taking_the_choice_back_erases_them_at_once(creator: User, way: str) -> None:
    other = PredictionFactory(account__user__consents=ALL_CONSENTS, caption="somebody else's")
    others_words = FeedbackFactory(prediction=other, text="somebody else's words")
    client = Client()
    client.force_login(creator)
    if way == "page":
        client.post("/your-data/consent/", {"agree": ["service"], "version-service": "1"})
    else:
        client.delete("/api/v1/privacy/consents/drafts")
    assert sorted(texts_kept()) == ["", "", "", other.caption, others_words.text]
    assert set(Feedback.objects.values_list("verdict", "reason")) == {("wrong", "too_high")}


def test_a_refresh_that_runs_meanwhile_keeps_none(creator: User) -> None:
    account = lock_account(creator.tiktok_accounts.get().pk)
    disagree(creator, Purpose.DRAFTS)
    store_posts(account, [VIDEO], timezone.now())
    assert Post.objects.get().caption == ""
