"""Signing in for a separate frontend, over /_allauth/."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from tests.accounts.support import come_back, path_of, sign_in
from tests.sandbox.client import consent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newcomers_agree")]
DONE = "https://app.example.com/done"


@pytest.fixture(autouse=True)
def _frontend(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example.com"]


def begin(browser: Client, callback_url: str = DONE, process: str = "login"):
    form = {"provider": "tiktok", "callback_url": callback_url, "process": process}
    return browser.post("/_allauth/browser/v1/auth/provider/redirect", form)


def test_a_frontend_learns_of_tiktok(sandbox, browser):
    [provider] = browser.get("/_allauth/browser/v1/config").json()["data"]["socialaccount"]["providers"]
    assert (provider["id"], provider["flows"]) == ("tiktok", ["provider_redirect"])
    assert sandbox.client_secret not in str(provider)


def test_a_frontend_signs_somebody_in(sandbox, browser, creator):
    assert browser.get("/_allauth/browser/v1/auth/session").status_code == 401
    callback = consent(requests.Session(), begin(browser)["Location"], creator)
    answer = come_back(browser, callback)
    assert answer["Location"] == DONE
    session = browser.get("/_allauth/browser/v1/auth/session").json()
    assert session["meta"]["is_authenticated"]
    [account] = browser.get("/api/v1/accounts/").json()["results"]
    assert (account["username"], account["connection"]) == ("", "active")


def test_a_failure_goes_back_to_the_frontend(sandbox, browser, creator, impatient):
    callback = consent(requests.Session(), begin(browser)["Location"], creator)
    sandbox.control.fault("500", "oauth/token", times=None)
    answer = come_back(browser, callback)
    assert answer.status_code == 302
    assert answer["Location"].startswith(DONE)
    assert parse_qs(urlsplit(answer["Location"]).query) == {"error": ["unknown"], "error_process": ["login"]}


def test_declining_goes_back_to_the_frontend(sandbox, browser, creator):
    callback = consent(requests.Session(), begin(browser)["Location"], creator, deny=True)
    answer = browser.get(path_of(callback))
    assert parse_qs(urlsplit(answer["Location"]).query)["error"] == ["cancelled"]


def test_strangers_are_no_callback(sandbox, browser):
    answer = begin(browser, "https://evil.example/done")
    assert answer.status_code == 401
    assert "evil.example" not in answer.headers.get("Location", "")


def test_an_app_has_its_own_configuration_and_session(sandbox, browser, creator):
    app = Client()
    assert app.get("/_allauth/app/v1/config").status_code == 200
    assert app.get("/_allauth/app/v1/auth/session").status_code == 401
    sign_in(browser, creator)
    headers = {"X-Session-Token": browser.session.session_key}
    assert app.get("/_allauth/app/v1/auth/session", headers=headers).json()["meta"]["is_authenticated"]
    assert app.get("/api/v1/me/", headers=headers).status_code == 200
    assert app.get("/api/v1/me/", headers={"X-Session-Token": "wrong"}).status_code == 401


def test_an_account_is_not_disconnected_behind_our_back(sandbox, browser, creator, other_creator):
    sign_in(browser, creator)
    sign_in(browser, other_creator, process="connect")
    accounts = browser.get("/_allauth/browser/v1/account/providers").json()["data"]
    assert len(accounts) == 2
    answer = browser.delete(
        "/_allauth/browser/v1/account/providers",
        {"provider": "tiktok", "account": accounts[0]["uid"]},
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert "Postcast's settings" in answer.content.decode()
    assert len(browser.get("/_allauth/browser/v1/account/providers").json()["data"]) == 2
