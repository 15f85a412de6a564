"""Programs go past the middleware of pages, and get the same answers."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.tokens.services import create_api_token
from tests.factories import TikTokAccountFactory, UserFactory

pytestmark = pytest.mark.django_db

OF_ITS_OWN = {"RateLimit", "Vary"}
"""Headers that differ: one more request was counted, and pages depend on their cookies."""


def headers_of(plain: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {plain}", **more}


@pytest.mark.parametrize("path", ["me", "accounts", "accounts/acct_nothing", "nothing", "me/", "tokens", "me?odd=1"])
def test_an_answer_is_the_same_with_a_cookie_and_without(path: str) -> None:
    _, plain = create_api_token(user=TikTokAccountFactory().user, name="a program")
    program = APIClient().get(f"/api/v1/{path}", headers=headers_of(plain))
    browser = APIClient().get(f"/api/v1/{path}", headers=headers_of(plain, Cookie="theme=dark"))
    assert (program.status_code, program.content) == (browser.status_code, browser.content)
    assert {name: value for name, value in program.headers.items() if name not in OF_ITS_OWN} == {
        name: value for name, value in browser.headers.items() if name not in OF_ITS_OWN
    }


def test_what_a_program_has_already_is_not_sent_again() -> None:
    _, plain = create_api_token(user=UserFactory(), name="a program")
    first = APIClient().get("/api/v1/me", headers=headers_of(plain))
    again = APIClient().get("/api/v1/me", headers=headers_of(plain, **{"If-None-Match": first["ETag"]}))
    assert (again.status_code, again.content) == (304, b"")


def test_over_plain_http_a_program_is_sent_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    _, plain = create_api_token(user=UserFactory(), name="a program")
    sent = APIClient().get("/api/v1/me", headers=headers_of(plain))
    assert (sent.status_code, sent["Location"]) == (301, "https://testserver/api/v1/me")
    answer = APIClient().get("/api/v1/me", headers=headers_of(plain), secure=True)
    assert (answer.status_code, answer["Strict-Transport-Security"]) == (200, "max-age=60")
    assert "Location" not in answer


def test_a_page_of_our_frontend_may_read_the_answer(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    _, plain = create_api_token(user=UserFactory(), name="a program")
    answer = APIClient().get("/api/v1/me", headers=headers_of(plain, Origin="https://app.example"))
    assert answer["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Origin" not in APIClient().get("/api/v1/me", headers=headers_of(plain))


def test_a_person_who_is_signed_in_needs_the_csrf_token_to_change_something() -> None:
    person = TikTokAccountFactory().user
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.get("/api/v1/me").status_code == 200
    refused = client.post("/api/v1/tokens", {"name": "x"}, content_type="application/json")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
