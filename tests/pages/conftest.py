"""A creator with everything that pages can show, signed in, and another person with the same."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import APIToken, Credential, TikTokAccount, User
from posts.models import Refresh
from predictions.models import Prediction, SavedDraft
from tests.accounts.telling.factories import DeliveryFactory, NoticeFactory, PushSubscriptionFactory
from tests.factories import (
    ALL_CONSENTS,
    APITokenFactory,
    OutcomeFactory,
    PredictionFactory,
    TikTokAccountFactory,
    history_of_posts,
)
from tests.predictions.captions.factories import CaptionAppealFactory
from tests.predictions.comments.factories import DraftCommentFactory
from tests.predictions.plan.factories import SavedDraftFactory
from tests.predictions.sharing.factories import SharedLinkFactory

ALL_SCOPES = ["user.info.basic", "user.info.profile", "user.info.stats", "video.list"]


@dataclass(frozen=True)
class Creator:
    user: User
    account: TikTokAccount
    prediction: Prediction
    met_prediction: Prediction
    token: APIToken
    draft: SavedDraft


def connect(account: TikTokAccount, *, scopes: list[str] = ALL_SCOPES, state: str = Credential.State.ACTIVE) -> None:
    """Give the account a credential without tokens in it: pages only look at its scopes and state."""
    now = timezone.now()
    Credential.objects.create(
        account=account,
        sealed_access_token=b"",
        sealed_refresh_token=b"",
        access_expires_at=now,
        refresh_expires_at=now,
        scopes=scopes,
        state=state,
    )


def make_creator(*, posts: int = 8) -> Creator:
    now = timezone.now()
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)
    connect(account)
    history = history_of_posts(account, count=posts, until=now)
    Refresh.objects.create(
        account=account, state=Refresh.State.DONE, started_at=now, finished_at=now, posts_stored=posts
    )
    met = PredictionFactory(account=account, publish_at=history[0].posted_at)
    OutcomeFactory(prediction=met, post=history[0])
    NoticeFactory(account=account)
    DeliveryFactory(webhook__user=account.user)
    PushSubscriptionFactory(user=account.user)
    prediction, draft = PredictionFactory(account=account), SavedDraftFactory(account=account)
    SharedLinkFactory(prediction=prediction)
    DraftCommentFactory(draft=draft)
    CaptionAppealFactory(account=account)
    return Creator(
        user=account.user,
        account=account,
        prediction=prediction,
        met_prediction=met,
        token=APITokenFactory(user=account.user),
        draft=draft,
    )


@pytest.fixture
def creator(db: None) -> Creator:
    return make_creator()


@pytest.fixture
def stranger(db: None) -> Creator:
    """Somebody else, with the same things."""
    return make_creator()


@pytest.fixture
def browser(creator: Creator) -> Client:
    """The creator's browser, signed in."""
    client = Client()
    client.force_login(creator.user)
    return client
