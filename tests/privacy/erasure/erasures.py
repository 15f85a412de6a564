"""Helpers of the tests of erasure: a person with everything, and their erasure from the request to the receipt."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from accounts.credentials import sealed_tokens
from accounts.models import Credential, User
from accounts.tiktok import client as tiktok_client
from posts.models import Listing, Post, Refresh
from privacy.declarations.registry import subject_of
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure import steps as erasure_steps
from privacy.export import services as exporting
from privacy.models import Erasure, Through
from tests.accounts.seats.factories import SeatFactory
from tests.accounts.telling.factories import DeliveryFactory, MailAddressFactory, NoticeFactory, PushSubscriptionFactory
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    AssignmentFactory,
    FeedbackFactory,
    ForecastErrorFactory,
    IdempotentRequestFactory,
    ImportFactory,
    OutcomeFactory,
    PredictionFactory,
    RequestRecordFactory,
    SuggestionReportFactory,
    TikTokAccountFactory,
    history_of_posts,
)
from tests.predictions.captions.factories import BrandWordsFactory, CaptionAppealFactory, CaptionStyleFactory
from tests.predictions.comments.factories import DraftCommentFactory
from tests.predictions.labels.factories import LabelVoteFactory
from tests.predictions.plan.factories import SavedDraftFactory
from tests.predictions.replays.factories import AccountReplayFactory, replayed_post
from tests.predictions.sharing.factories import SharedLinkFactory


def everything(name: str) -> User:
    """A person with a row in every table, each text of which says whose it is."""
    account = TikTokAccountFactory(
        user__username=f"user-{name}",
        open_id=f"open-{name}",
        union_id=f"union-{name}",
        display_name=f"display-{name}",
        username=f"handle-{name}",
    )
    user: User = account.user
    posts = history_of_posts(account, count=3, until=timezone.now())
    Post.objects.filter(account=account).update(caption=f"caption-{name}")
    prediction = PredictionFactory(account=account, caption=f"draft-{name}", hashtags=[f"tag-{name}"])
    OutcomeFactory(prediction=prediction, post=posts[0])
    FeedbackFactory(prediction=prediction, text=f"words-{name}")
    SuggestionReportFactory(prediction=prediction, text=f"report-{name}")
    AssignmentFactory(experiment__account=account, post=posts[0])
    ForecastErrorFactory(post=posts[0])
    AccountWeightsFactory(account=account, summary={"of": f"summary-{name}"})
    draft = SavedDraftFactory(account=account, caption=f"drafted-{name}")
    DraftCommentFactory(draft=draft, text=f"comment-{name}")
    SharedLinkFactory(prediction=prediction)
    BrandWordsFactory(account=account, must=[f"must-{name}"], never=[f"never-{name}"])
    CaptionStyleFactory(account=account)
    CaptionAppealFactory(account=account, text=f"appealed-{name}")
    LabelVoteFactory(pair__account=account)
    SeatFactory(account=account, person=user, name=f"seat-{name}")
    AccountReplayFactory(account=account, posts=[replayed_post(2.0, post=f"replayed-{name}")])
    APITokenFactory(user=user, name=f"token-{name}")
    MailAddressFactory(user=user, address=f"{name}@example.com")
    PushSubscriptionFactory(user=user, url=f"https://push-{name}.example.com/")
    notice = NoticeFactory(account=account, params={"of": f"notice-{name}"})
    DeliveryFactory(webhook__user=user, webhook__url=f"https://{name}.example.com", notice=notice, body=f"body-{name}")
    IdempotentRequestFactory(user=user)
    RequestRecordFactory(user_id=user.pk)
    ImportFactory(account=account)
    Refresh.objects.create(account=account)
    Listing.objects.create(account=account, listed_at=timezone.now())
    SocialAccount.objects.create(
        user=user, provider="tiktok", uid=f"open-{name}", extra_data={"open_id": f"open-{name}"}
    )
    grant = tiktok_client.Grant(
        open_id=f"open-{name}",
        scope=["video.list"],
        access_token=f"act.{name}",
        expires_in=86_400,
        refresh_token=f"rft.{name}",
        refresh_expires_in=864_000,
    )
    # a sign-in has a row beside its session
    Client().force_login(user)
    exporting.make(export_pk=exporting.request_export(user_id=user.pk).pk)
    sealed_tokens.store_grant(Credential(account=account, version=0), grant, timezone.now())
    return user


def rows_of(user: User) -> dict[str, int]:
    """Return the number of the person's rows in each table."""
    subject = subject_of(user.pk)
    return {table.model: table.rows_of(subject).count() for table in erasure_steps.erased_tables()}


def erase(user: User, **options: Any) -> Erasure:
    """Ask for it and let it run to its end."""
    options = {"reason": Erasure.Reason.PERSON, "through": Through.PAGE, "grace": None} | options
    erasure = erasing.request_erasure(user_id=user.pk, **options)
    erasure_running.run(erasure_pk=erasure.pk)
    erasure.refresh_from_db()
    return erasure
