"""Accounts side by side: each by its own last week."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.linked.switcher import linked_accounts
from accounts.models import FollowerCount
from predictions.side_by_side.rows import account_rows
from tests.factories import OutcomeFactory, PostFactory, PredictionFactory, TikTokAccountFactory
from tests.predictions.plan.factories import SavedDraftFactory
from tests.predictions.replays.factories import AccountReplayFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("UTC"))


def test_each_account_stands_by_its_own_days(django_assert_num_queries):
    near = TikTokAccountFactory(time_zone="Europe/Berlin")
    far = TikTokAccountFactory(user=near.user, time_zone="Pacific/Auckland")
    TikTokAccountFactory()
    AccountReplayFactory(account=near)
    # still Sunday in Berlin, and Monday in Auckland
    moment = datetime(2026, 11, 22, 20, tzinfo=ZoneInfo("UTC"))
    for account, inside in ((near, True), (near, False), (far, True)):
        post = PostFactory(account=account, posted_at=moment)
        OutcomeFactory(prediction=PredictionFactory(account=account), post=post, within_interval=inside)
    FollowerCount.objects.create(account=near, observed_at=moment - timedelta(days=1), followers=5_100)
    for days in (1, 4, 10):
        SavedDraftFactory(account=near, publish_at=NOW + timedelta(days=days))
    linked = linked_accounts(near.user)
    with django_assert_num_queries(6):
        rows = {row.account: row for row in account_rows(linked, NOW)}
    assert rows.keys() == {near, far}
    assert (rows[near].posts, rows[near].results, rows[near].inside) == (2, 2, 1)
    assert (rows[near].usual_likes, rows[near].followers_gained, rows[near].planned) == (180.0, 100, 2)
    assert (rows[far].posts, rows[far].results, rows[far].usual_likes) == (0, 0, None)


def test_page_and_rest_show_the_same():
    account = TikTokAccountFactory()
    with time_machine.travel(NOW, tick=False):
        PostFactory(account=account, posted_at=NOW - timedelta(days=5))
        client = APIClient()
        client.force_authenticate(account.user)
        [row] = client.get("/api/v1/side-by-side").json()
        browser = Client()
        browser.force_login(account.user)
        page = browser.get("/side-by-side/").content.decode()
    assert (row["account"], row["posts"], row["first_day"]) == (account.public_id, 1, "2026-11-16")
    assert f"/report/?account={account.public_id}&amp;period=week&amp;day=2026-11-16" in page
