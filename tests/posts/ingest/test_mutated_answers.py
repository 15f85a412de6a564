"""Answers of TikTok changed at random: only our own errors, nothing stored is lost, and the account goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.credentials import sealed_tokens
from accounts.credentials.services import CredentialLost, access_token
from accounts.linked.services import lock_account, update_profile
from accounts.models import Credential, TikTokAccount
from accounts.tiktok.client import SCOPES, Grant
from accounts.tiktok.errors import TikTokError
from posts.ingest.services import request_refresh
from posts.ingest.storing import append_observations, store_posts
from posts.models import Observation, Refresh
from posts.platforms.base import CoverUnavailable
from posts.platforms.tiktok.client import DisplayAPI
from tests.factories import TikTokAccountFactory
from tests.posts.ingest.mutations import VIDEOS, MutatingTikTok, mutating_tiktok
from tests.posts.states import drive
from tests.prove import SEED, scaled

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = ("/v2/user/info/", "/v2/video/list/", "/v2/video/query/", "/v2/oauth/token/")
OURS = (TikTokError, CredentialLost, CoverUnavailable)


@pytest.fixture
def tiktok(settings):
    with mutating_tiktok(SEED) as tiktok:
        settings.TIKTOK_API_URL = tiktok.url
        yield tiktok


@pytest.fixture
def account() -> TikTokAccount:
    return TikTokAccountFactory(open_id="open-mutated")


def give_keys(account: TikTokAccount) -> None:
    """Let the account's owner sign in, as they would once its keys are lost."""
    grant = Grant(open_id="open-mutated", access_token="act.old", refresh_token="rft.old")
    credential = Credential.objects.filter(account=account).first() or Credential(account=account, version=0)
    credential.state = Credential.State.ACTIVE
    sealed_tokens.store_grant(credential, grant, timezone.now())


def read_profile(account: TikTokAccount) -> None:
    update_profile(account_id=account.pk, profile=DisplayAPI(account.pk).profile(SCOPES), now=timezone.now())


def read_page(account: TikTokAccount) -> None:
    page, now = DisplayAPI(account.pk).page(None), timezone.now()
    counts = {post.id: post.counts for post in page.posts}
    with transaction.atomic():
        posts = store_posts(lock_account(account.pk), page.posts, now)
        append_observations([(post, None) for post in posts.values()], counts, now)


def read_counts(account: TikTokAccount) -> None:
    ids = [str(number) for number in range(VIDEOS)]
    api, now = DisplayAPI(account.pk), timezone.now()
    counts = api.counts(ids)
    known = account.posts.filter(tiktok_id__in=counts)
    append_observations([(post, None) for post in known], counts, now)
    api.cover_addresses(ids)


def renew(account: TikTokAccount) -> None:
    Credential.objects.filter(account=account).update(access_expires_at=timezone.now() - timedelta(hours=1))
    access_token(account_id=account.pk)


READS: dict[str, Callable[[TikTokAccount], None]] = dict(
    zip(CALLS, (read_profile, read_page, read_counts, renew), strict=True)
)


def stored(account: TikTokAccount) -> dict[str, Any]:
    return {
        "posts": set(account.posts.filter(deleted_at=None).values_list("tiktok_id", flat=True)),
        "observations": set(Observation.objects.values_list("pk", "likes", "comments", "shares", "views")),
    }


def attempt(read: Callable[[], Any]) -> bool:
    """Return whether it went well; anything but our own errors ends the test."""
    try:
        read()
    except OURS:
        return False
    return True


def prove_calls(tiktok: MutatingTikTok, account: TikTokAccount, answers: int, record_property) -> None:
    give_keys(account)
    went_well = 0
    for path, read in READS.items():
        while tiktok.sent[path] < answers:
            give_keys(account)
            before = stored(account)
            went_well += attempt(lambda: read(account))  # noqa: B023
            after = stored(account)
            assert before["posts"] <= after["posts"]
            assert before["observations"] <= after["observations"]
            if tiktok.sent[path] % 50 == 0:
                Observation.objects.all().delete()
    record_property("mutated answers of each call", answers)
    record_property("reads that went well all the same", went_well)
    assert went_well > 0


def prove_refreshes(tiktok: MutatingTikTok, account: TikTokAccount, refreshes: int, record_property) -> None:
    ends: dict[str, int] = {}
    for _ in range(refreshes):
        give_keys(account)
        request_refresh(account_id=account.pk)
        tiktok.healthy = False
        state = drive(account, turns=4).state
        ends[state] = ends.get(state, 0) + 1
        refresh = Refresh.objects.latest("pk")
        if refresh.state in Refresh.ACTIVE and refresh.next_attempt_at:
            assert refresh.next_attempt_at <= timezone.now() + timedelta(hours=1, seconds=1)
        # whatever was said, an account that TikTok answers for again is read to the end
        tiktok.healthy = True
        give_keys(account)
        drive(account, turns=10)
        request_refresh(account_id=account.pk)
        assert drive(account, turns=10).state == Refresh.State.DONE
        there = account.posts.filter(deleted_at=None, tiktok_id__in=map(str, range(VIDEOS)))
        assert there.count() == VIDEOS
        account.refreshes.all().delete()
    record_property("refreshes under mutated answers", refreshes)
    record_property("how they stood before TikTok was well again", ends)


def test_some_mutated_answers_of_each_call(tiktok, account, record_property):
    prove_calls(tiktok, account, 60, record_property)


def test_some_refreshes_under_mutated_answers(tiktok, account, record_property):
    prove_refreshes(tiktok, account, 8, record_property)


@pytest.mark.prove
def test_many_mutated_answers_of_each_call(tiktok, account, record_property):
    prove_calls(tiktok, account, scaled(10_000), record_property)


@pytest.mark.prove
def test_many_refreshes_under_mutated_answers(tiktok, account, record_property):
    prove_refreshes(tiktok, account, scaled(300), record_property)
