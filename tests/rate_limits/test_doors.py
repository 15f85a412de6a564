"""Every door has its limit: who is counted, what is refused, and how it is told."""

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.models import APIToken, TikTokAccount, User
from accounts.tokens.services import MAX_API_TOKENS, TooManyTokens, create_api_token
from config.rate_limits import subjects
from config.rate_limits.checks import words_for
from config.rate_limits.variables import Limit, RateLimitVariables
from privacy.consent.selectors import current_version
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, UserFactory

pytestmark = pytest.mark.django_db

DRAFT = {"post": {"text": "Sunset at the pier #sunset"}}


@pytest.fixture
def limit(settings: Any) -> Any:
    """Sets rates: `limit(predict="2/min")`."""

    def set_rates(**rates: str) -> None:
        settings.RATE_LIMITS = settings.RATE_LIMITS | rates

    return set_rates


@pytest.fixture
def account() -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory()
    return account


@pytest.fixture
def api(account: TikTokAccount) -> APIClient:
    """The account's owner at the API, with a token as programs have one."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_api_token(user=account.user, name='a program')[1]}")
    return client


@pytest.fixture
def browser(account: TikTokAccount) -> Client:
    """The account's owner in a browser."""
    client = Client()
    client.force_login(account.user)
    return client


def compose(browser: Client) -> Any:
    return browser.post("/compose/", {"caption": "Sunset", "publish_at_0": "2030-01-01", "publish_at_1": "12:00"})


def test_every_limit_has_its_variable():
    assert {limit.variable for limit in Limit} == set(RateLimitVariables.model_fields)
    assert all(limit.counted for limit in Limit)


def test_forecasts_of_the_api_and_of_the_page_are_counted_together(limit, api, browser):
    limit(predict="3/min")
    assert api.post("/predict", DRAFT, format="json").status_code == 200
    assert compose(browser).status_code == 200
    assert api.post("/api/v1/predict", DRAFT, format="json").status_code == 200
    assert api.post("/predict", DRAFT, format="json").status_code == 429
    assert compose(browser).status_code == 429
    assert browser.get("/compose/").status_code == 200


def test_comparisons_count_as_the_forecasts_that_they_are(limit, api):
    limit(predict="3/min")
    drafts = {"drafts": [{"text": "Sunset"}, {"text": "Sunrise"}]}
    assert api.post("/api/v1/compare", drafts, format="json").status_code == 200
    assert api.post("/api/v1/compare", drafts, format="json").status_code == 429
    assert api.post("/predict", DRAFT, format="json").status_code == 200
    limit(compare="1/min", predict="100/min")
    assert api.post("/api/v1/explore", DRAFT, format="json").status_code == 429


def test_people_have_limits_of_their_own(limit, api):
    limit(predict="1/min", page="1/min")
    other = APIClient()
    other.force_authenticate(TikTokAccountFactory().user)
    assert [client.post("/predict", DRAFT, format="json").status_code for client in (api, other, api)] == [
        200,
        200,
        429,
    ]


def test_the_api_says_how_its_limits_stand(limit, api):
    limit(predict="2/min", user="50/hour")
    answer = api.post("/predict", DRAFT, format="json")
    assert answer["RateLimit-Policy"] == '"predict";q=2;w=60, "user";q=50;w=3600'
    assert re.fullmatch(r'"predict";r=1;t=(59|60), "user";r=49;t=(3599|3600)', answer["RateLimit"])
    api.post("/predict", DRAFT, format="json")
    refused = api.post("/predict", DRAFT, format="json")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 50 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"predict";r=0;t=')
    assert refused.json()["status"] == 429
    assert refused.json()["detail"] == (
        f"Too many forecasts: at most 2 a minute. Try again in {refused['Retry-After']} seconds."
    )


def test_a_page_over_the_limit_says_so_in_words(limit, browser):
    limit(page="2/min")
    answers = [browser.get("/settings/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" in answers[-1]
    assert "Too many pages: at most 2 a minute" in answers[-1].content.decode()
    assert "RateLimit" not in answers[0]


def test_pages_without_a_sign_in_are_counted_by_address(limit):
    limit(page="2/min")
    here, there = "192.0.2.1", "192.0.2.2"
    assert [Client(REMOTE_ADDR=here).get("/").status_code for _ in range(3)] == [200, 200, 429]
    assert Client(REMOTE_ADDR=there).get("/").status_code == 200
    assert Client(REMOTE_ADDR=here).get("/healthz").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"HTTP_AUTHORIZATION": "Bearer pc_guessed"}, {"HTTP_X_SESSION_TOKEN": "no"}])
def test_guessed_tokens_and_calls_without_a_sign_in_are_counted_by_address(limit, api, headers):
    limit(refused="3/min")
    stranger = APIClient(**headers)
    answers = [stranger.get("/api/v1/me/") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert "Retry-After" in answers[-1]
    assert answers[-1]["Content-Type"] == "application/problem+json"
    assert api.get("/api/v1/me/").status_code == 200


def test_pictures_are_counted(limit, api):
    limit(upload="1/min")
    assert api.post("/api/v1/measure", {"text": "Sunset"}, format="json").status_code == 200
    assert api.post("/api/v1/measure", {"text": "Sunset"}, format="json").status_code == 429


def test_copies_of_the_data_are_counted(limit, account, browser):
    limit(export="2/day")
    assert [browser.post("/your-data/export/").status_code for _ in range(3)] == [302, 302, 429]
    signed_in = APIClient()
    signed_in.force_authenticate(account.user)
    assert signed_in.post("/api/v1/privacy/exports").status_code == 429


def test_refreshes_of_the_page_and_of_the_api_are_counted_together(limit, account, api, browser):
    limit(refresh="2/hour")
    assert browser.post(f"/posts/{account.public_id}/refresh/").status_code == 302
    address = f"/api/v1/accounts/{account.public_id}/refreshes/"
    assert api.post(address).status_code in (202, 409)
    assert api.post(address).status_code == 429
    assert browser.post(f"/posts/{account.public_id}/refresh/").status_code == 429


def test_new_tokens_are_counted(limit, browser):
    limit(token="2/hour")
    assert [browser.post("/settings/tokens/", {"name": "script"}).status_code for _ in range(3)] == [200, 200, 429]


def test_a_person_has_at_most_so_many_tokens(account, browser):
    tokens = [create_api_token(user=account.user, name="script")[0] for _ in range(MAX_API_TOKENS)]
    with pytest.raises(TooManyTokens):
        create_api_token(user=account.user, name="one more")
    page = browser.post("/settings/tokens/", {"name": "one more"})
    assert "Revoke one that you do not use" in page.content.decode()
    signed_in = APIClient()
    # making one asks for a sign-in of late, so a session is needed
    signed_in.force_login(account.user)
    answer = signed_in.post("/api/v1/tokens", {"name": "one more"}, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert f"You have {MAX_API_TOKENS} API tokens" in answer.json()["detail"]
    assert APIToken.objects.count() == MAX_API_TOKENS
    browser.post(f"/settings/tokens/{tokens[0].pk}/revoke/")
    assert signed_in.post("/api/v1/tokens", {"name": "one more"}, format="json").status_code == 201


def test_webhooks_with_a_wrong_signature_are_counted(limit):
    limit(webhook="2/min", page="1/min")
    send = [Client().post("/webhooks/tiktok/", b"{}", content_type="application/json") for _ in range(4)]
    assert [answer.status_code for answer in send] == [401, 401, 429, 429]


def test_sign_ins_begun_are_counted(limit):
    limit(sign_in="2/hour")
    assert [Client().post("/accounts/tiktok/login/").status_code for _ in range(3)] == [302, 302, 429]
    headless = {"provider": "tiktok", "callback_url": "/", "process": "login"}
    answer = Client().post("/_allauth/browser/v1/auth/provider/redirect", headless)
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")


def test_nothing_needs_redis(no_redis: None, limit, api, browser):
    limit(predict="2/min", page="1000/min")
    for _ in range(2):
        assert api.post("/predict", DRAFT, format="json").status_code == 200
    assert api.post("/predict", DRAFT, format="json").status_code == 429
    for path in ("/", "/posts/", "/settings/", "/forecasts/", "/api/v1/me/", "/healthz"):
        assert browser.get(path).status_code == 200, path


def test_what_writes_to_the_trail_for_ever_is_limited_and_taking_back_is_not(limit, account):
    limit(change="2/hour")
    person = APIClient()
    person.force_login(account.user)
    learning, erasure = "/api/v1/privacy/consents/learning", "/api/v1/privacy/erasure"
    version = current_version(Purpose.LEARNING)
    for status in (200, 200, 429):
        assert person.put(learning, {"version": version}, format="json").status_code == status
        assert person.delete(learning).status_code == 200
    two_hours = {"account_id": account.public_id, "feature": "post_time", "first": 18, "second": 21}
    assert person.post("/api/v1/experiments", two_hours, format="json").status_code == 429
    assert person.post("/experiments/", {}).status_code == 429
    assert person.post(erasure, {}, format="json").status_code == 429
    assert person.post("/your-data/erasure/", {"wish": "later"}).status_code == 429
    form = {"agree": ["service", "learning"], "version-service": 1, "version-learning": version}
    assert person.post("/your-data/consent/", form).status_code == 429
    assert person.post("/your-data/consent/", {"agree": ["service"]}).status_code == 302
    assert person.post("/your-data/erasure/", {"wish": "cancel"}).status_code == 302


# --- who is counted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "counted"),
    [
        (0, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1", "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (0, "2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::/64"),
        (0, "2001:db8:1:2:bbbb::2", "", "2001:db8:1:2::/64"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (1, "10.0.0.1", "198.51.100.7:40001", "198.51.100.7"),
        (1, "10.0.0.1", "[::FFFF:198.51.100.7]:40001", "198.51.100.7"),
        (1, "10.0.0.1", "[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        (0, "fe80::1%eth0", "", "fe80::/64"),
        (0, "", "", ""),
    ],
)
def test_the_address_is_the_one_that_the_outermost_own_proxy_saw(settings, proxies, peer, forwarded, counted):
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert subjects.client_address(request) == counted
    assert counted not in subjects.address(request) or not counted


def test_a_person_is_counted_wherever_they_are():
    user: User = UserFactory()
    requests = [RequestFactory().get("/", REMOTE_ADDR=f"192.0.2.{number}") for number in (1, 2)]
    for request in requests:
        request.user = user
    assert {subjects.person_or_address(request) for request in requests} == {f"person:{user.pk}"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (34, "34 seconds"), (120, "120 seconds"), (121, "3 minutes"), (7_201, "3 hours")],
)
def test_waits_are_told_in_words(seconds, words):
    assert words_for(seconds) == words
