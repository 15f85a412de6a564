"""The week of an account: told on its own Monday morning, with its report a step away."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Notice, TikTokAccount
from predictions.models import Outcome
from predictions.weekly.services import tell_weeks
from tests.factories import OutcomeFactory, PostFactory, PredictionFactory, TikTokAccountFactory
from tests.predictions.plan.factories import SavedDraftFactory

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
"""Morning in London, afternoon in Tokyo, midnight in Los Angeles."""


@pytest.fixture
def account() -> TikTokAccount:
    """With two posts of last week, one of them with a result inside its range, and a plan."""
    account: TikTokAccount = TikTokAccountFactory(time_zone="Europe/London")
    with time_machine.travel(MONDAY, tick=False):
        for days in (3, 2):
            post = PostFactory(account=account, posted_at=MONDAY - timedelta(days=days))
        forecast = PredictionFactory(account=account, publish_at=post.posted_at)
        OutcomeFactory(prediction=forecast, post=post, likes=300, within_interval=True)
        Outcome.objects.update(met_at=MONDAY - timedelta(days=1))
        SavedDraftFactory(account=account, publish_at=MONDAY + timedelta(days=1))
        # before that week
        PostFactory(account=account, posted_at=MONDAY - timedelta(days=9))
    return account


def test_a_week_is_told_once_on_the_accounts_monday_morning(account: TikTokAccount) -> None:
    west: TikTokAccount = TikTokAccountFactory(time_zone="America/Los_Angeles")
    SavedDraftFactory(account=west, publish_at=MONDAY + timedelta(days=2))
    quiet: TikTokAccount = TikTokAccountFactory(time_zone="Europe/London")
    assert [tell_weeks(now=MONDAY - timedelta(hours=1)), tell_weeks(now=MONDAY), tell_weeks(now=MONDAY)] == [0, 1, 0]
    notice = Notice.objects.get()
    assert (notice.account, notice.kind) == (account, Notice.Kind.WEEKLY_REPORT)
    assert notice.params == {"week": "2026-11-23", "posts": 2, "results": 1, "inside": 1, "planned": 1}
    assert notice.link == f"/report/?account={account.public_id}&period=week&day=2026-11-23"
    assert tell_weeks(now=MONDAY + timedelta(hours=8)) == 1
    assert not Notice.objects.filter(account=quiet).exists()
    assert tell_weeks(now=MONDAY + timedelta(days=1)) == 0
    # the page behind it says the same
    browser = Client()
    browser.force_login(account.user)
    with time_machine.travel(MONDAY, tick=False):
        page = browser.get(notice.link).content.decode()
    assert "1 of 1 result was inside its range" in page
