"""A forecast says as of when its data is, and what is wrong with it, wherever a forecast is given."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Credential
from posts.freshness import account_freshness
from posts.models import Listing
from tests.factories import TikTokAccountFactory, history_of_posts
from tests.pages.conftest import connect
from tests.predictions.forecasts.api_requests import sample

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def listed(account, *, read_at=NOW, complete_until=NOW, **columns):
    """Store how far the account's list of posts was read."""
    return Listing.objects.create(
        account=account, listed_at=NOW, read_at=read_at, complete_until=complete_until, **columns
    )


def codes(account):
    return [warning["code"] for warning in account_freshness(account.pk, NOW).warnings]


def diagnostics(client, account=None):
    response = client.post("/predict", sample(account), format="json")
    assert response.status_code == 200, response.json()
    return response.json()["diagnostics"]


def test_a_forecast_from_fresh_and_whole_data_warns_of_nothing(champion, learned_account, client_of):
    connect(learned_account)
    listed(learned_account)
    told = diagnostics(client_of)
    assert (told["data_as_of"], told["data_warnings"]) == (NOW.isoformat().replace("+00:00", "Z"), [])
    assert told["warnings"] == []


def test_posts_that_were_read_long_ago_are_told(champion, learned_account, client_of):
    read_at = NOW - timedelta(hours=50)
    listed(learned_account, read_at=read_at, complete_until=read_at)
    told = diagnostics(client_of)
    [warning] = told["data_warnings"]
    assert warning["code"] == "stale"
    assert f"last read on {read_at.day} {read_at:%b %Y, %H:%M} UTC" in warning["message"]
    assert warning["message"] in told["warnings"]


@pytest.mark.parametrize(("age_h", "expected"), [(47, []), (49, ["stale"])])
def test_two_days_are_stale(account, age_h, expected):
    listed(account, read_at=NOW - timedelta(hours=age_h))
    assert codes(account) == expected


def test_half_a_history_is_told(champion, learned_account, client_of):
    listed(learned_account, complete_until=None, cursor=1)
    [warning] = diagnostics(client_of)["data_warnings"]
    assert warning["code"] == "partial"
    assert warning["message"].startswith("30 of 120 posts read")


@pytest.mark.parametrize(
    ("columns", "video_count", "expected"),
    [
        ({"complete_until": None}, 120, ["partial"]),
        ({"complete_until": None}, None, ["partial"]),
        # everything that TikTok counts is here, however it came
        ({"complete_until": None}, 8, []),
        ({"cursor": 1}, 120, ["partial"]),
        ({"missing": 1}, 9, ["partial"]),
        ({"missing": 1, "missing_confirmed": True}, 9, ["partial"]),
        ({"missing": 1, "missing_confirmed": False}, 100, ["partial"]),
        ({}, 120, []),
    ],
)
def test_what_counts_as_partial(account, columns, video_count, expected):
    history_of_posts(account, count=8, until=NOW)
    account.video_count = video_count
    account.save()
    listed(account, **columns)
    assert codes(account) == expected


def test_a_small_difference_that_was_looked_into_is_not_told_for_ever(account):
    history_of_posts(account, count=20, until=NOW)
    listed(account, missing=2, missing_confirmed=True)
    assert codes(account) == []
    Listing.objects.update(missing=20)
    assert codes(account) == ["partial"]


@pytest.mark.parametrize("state", [Credential.State.LOST, Credential.State.REVOKED])
def test_access_that_ended_is_told_with_what_to_do(champion, learned_account, client_of, state):
    connect(learned_account, state=state)
    [warning] = diagnostics(client_of)["data_warnings"]
    assert warning["code"] == "disconnected"
    assert "Connect the account again" in warning["message"]


def test_videos_that_were_declined_are_told(account):
    connect(account, scopes=["user.info.basic"])
    assert codes(account) == ["videos_not_allowed"]


def test_a_disconnected_account_answers_alike_with_and_without_its_id(champion, learned_account, client_of):
    connect(learned_account, state=Credential.State.REVOKED)
    learned_account.disconnected_at = NOW
    learned_account.save()
    for named in (learned_account, None):
        assert [each["code"] for each in diagnostics(client_of, named)["data_warnings"]] == ["disconnected"]


def test_a_connected_account_goes_before_a_disconnected_one(champion, learned_account, client_of):
    TikTokAccountFactory(user=learned_account.user, disconnected_at=NOW)
    connect(learned_account)
    assert diagnostics(client_of)["data_warnings"] == []


def test_comparisons_and_exploration_warn_as_well(champion, learned_account, client_of):
    read_at = NOW - timedelta(days=3)
    listed(learned_account, read_at=read_at)
    draft = sample()["post"]
    for path, request in (("compare", {"drafts": [draft, draft]}), ("explore", {"post": draft})):
        body = client_of.post(f"/api/v1/{path}", request, format="json").json()
        assert [warning["code"] for warning in body["data_warnings"]] == ["stale"], path
        assert body["data_as_of"].startswith(f"{read_at:%Y-%m-%d}")
        assert body["data_warnings"][0]["message"] in body["warnings"]


def test_the_page_of_a_draft_warns_before_a_forecast_is_asked_for(account):
    connect(account, state=Credential.State.LOST)
    browser = Client()
    browser.force_login(account.user)
    assert "TikTok ended Postcast&#x27;s access to this account" in browser.get("/compose/").content.decode()


def test_the_page_of_a_forecast_warns(champion, learned_account):
    listed(learned_account, complete_until=None)
    browser = Client()
    browser.force_login(learned_account.user)
    publish_at = (timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    page = browser.post("/compose/", {"caption": "Tide", "publish_at": publish_at, "within": 2}).content.decode()
    assert "30 of 120 posts read" in page
