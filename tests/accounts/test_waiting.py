"""Waiting for TikTok after its consent page: no request holds on to it, and every way has an end."""

import re
import threading
import time
from typing import Any
from unittest import mock

import pytest
import redis
import requests
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import TikTokAccount, User
from accounts.sign_in import room
from accounts.sign_in.failures import EXPLANATIONS, OAUTH_ERRORS, Kind, kind_of_exchange
from accounts.sign_in.state_cookie import cookie_name
from accounts.sign_in.views import RESEND_AFTER_S, WAIT_S
from accounts.tiktok.client import Grant
from accounts.tiktok.errors import GrantRefused, TikTokError, TikTokRateLimited, TikTokUnavailable
from tests.accounts.support import CALLBACK, WAITING, begin, come_back, path_of, run_worker, token_answer
from tests.sandbox.client import consent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newcomers_agree")]

STATUS = f"{WAITING}status"


def return_from(browser: Client, creator: str, **form: str) -> Any:
    """Come back from the consent page, with no worker there."""
    return browser.get(path_of(consent(requests.Session(), begin(browser, **form), creator)))


def state_of(browser: Client) -> str:
    return str(browser.get(STATUS).json()["state"])


def words(answer: Any) -> str:
    return str(answer.context["failure"].words)


def later(seconds: float) -> Any:
    """A clock that is so much ahead."""
    now = time.time()
    return mock.patch("time.time", side_effect=lambda: now + seconds)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the messages that were sent."""
    keys: list[str] = []
    monkeypatch.setattr("accounts.sign_in.tasks.exchange_code.apply_async", lambda args, **_: keys.extend(args))
    return keys


# --- the ordinary way ----------------------------------------------------------------------------------------------


def test_the_return_asks_nobody_and_the_page_waits(sandbox, browser, creator):
    answer = return_from(browser, creator)
    assert (answer.status_code, answer["Location"]) == (302, WAITING)
    assert sandbox.control.requests("oauth/token") == []
    page = browser.get(WAITING)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert "Connecting to TikTok" in page.content.decode()
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.content.decode()
    assert state_of(browser) == "waiting"
    run_worker()
    assert state_of(browser) == "ready"
    assert not User.objects.exists()
    assert browser.get(WAITING)["Location"] == "/overview/"
    assert TikTokAccount.objects.get().user_id == int(browser.session["_auth_user_id"])
    assert cookie_name() not in {name for name, cookie in browser.cookies.items() if cookie.value}


def test_beginning_and_waiting_make_no_session(sandbox, creator):
    for _ in range(3):
        return_from(Client(), creator)
    assert not Session.objects.exists()


def test_the_session_is_a_new_one(sandbox, browser, creator):
    session = browser.session
    session["something"] = 1
    session.save()
    browser.cookies["sessionid"] = session.session_key
    come_back(browser, consent(requests.Session(), begin(browser), creator))
    assert browser.session.session_key != session.session_key


def test_where_one_was_going_is_kept(sandbox, browser, creator):
    callback = consent(requests.Session(), begin(browser, next="/settings/"), creator)
    assert come_back(browser, callback)["Location"] == "/settings/"


def test_an_address_that_is_too_long_for_a_cookie_is_forgotten(sandbox, browser, creator):
    callback = consent(requests.Session(), begin(browser, next="/" + "x" * 5_000), creator)
    assert come_back(browser, callback)["Location"] == "/overview/"


def test_the_return_may_be_loaded_again_while_one_waits(sandbox, browser, creator):
    callback = path_of(consent(requests.Session(), begin(browser), creator))
    assert [browser.get(callback)["Location"] for _ in range(2)] == [WAITING] * 2
    run_worker()
    assert browser.get(WAITING)["Location"] == "/overview/"
    assert len(sandbox.control.requests("oauth/token")) == 1


def test_several_tabs_may_begin(sandbox, browser, creator):
    first = consent(requests.Session(), begin(browser), creator)
    begin(browser)
    assert come_back(browser, first)["Location"] == "/overview/"


def test_a_real_worker_takes_it(sandbox, browser, creator, transactional_db):
    from celery.contrib.testing.worker import start_worker

    from config.celery import app

    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="WARNING", shutdown_timeout=30):
        return_from(browser, creator)
        deadline = time.monotonic() + 20
        while state_of(browser) == "waiting" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert browser.get(WAITING)["Location"] == "/overview/"


# --- nobody else's -------------------------------------------------------------------------------------------------


def test_another_browser_cannot_take_it_over(sandbox, browser, creator):
    callback = path_of(consent(requests.Session(), begin(browser), creator))
    browser.get(callback)
    run_worker()
    thief = Client()
    assert "begun in another browser" in words(thief.get(WAITING))
    assert "begun in another browser" in words(thief.get(callback))
    assert thief.get(STATUS).json() == {"state": "ready"}
    assert browser.get(WAITING)["Location"] == "/overview/"


def test_a_cookie_that_was_kept_lets_nobody_in_twice(sandbox, browser, creator):
    callback = path_of(consent(requests.Session(), begin(browser), creator))
    begun = browser.cookies[cookie_name()].value
    browser.get(callback)
    waiting = browser.cookies[cookie_name()].value
    run_worker()
    browser.get(WAITING)
    thief = Client()
    thief.cookies[cookie_name()] = begun
    assert "opened before" in words(thief.get(callback))
    thief.cookies[cookie_name()] = waiting
    assert "did not arrive" in words(thief.get(WAITING))
    assert "_auth_user_id" not in thief.session


def test_a_cookie_that_somebody_made_up_is_none(sandbox, browser):
    browser.cookies[cookie_name()] = "made-up:by:somebody"
    assert "begun in another browser" in words(browser.get(WAITING))


def test_an_account_is_connected_only_to_whoever_began_that(sandbox, browser, creator, other_creator):
    come_back(browser, consent(requests.Session(), begin(browser), creator))
    assert return_from(browser, other_creator, process="connect").status_code == 302
    run_worker()
    browser.force_login(User.objects.create_user("somebody-else"))
    assert "no longer signed in" in words(browser.get(WAITING))
    assert TikTokAccount.objects.count() == 1


def test_redis_holds_neither_code_nor_keys_nor_secret(sandbox, browser, creator):
    callback = consent(requests.Session(), begin(browser), creator)
    code = re.search(r"code=([^&]+)", callback)
    assert code
    browser.get(path_of(callback))
    client: Any = redis.Redis.from_url(django_settings.REDIS_URL)
    [key] = [key for key in client.scan_iter("sign-in:*") if client.type(key) == b"hash"]
    assert code[1].encode() not in b"".join(client.hgetall(key).values())
    run_worker()
    held = client.hgetall(key)
    assert b"returned" not in held
    assert b"act." not in held[b"grant"]
    assert 0 < client.ttl(key) <= room.KEPT_S


# --- a code is used once -------------------------------------------------------------------------------------------


def test_of_many_workers_one_has_the_code(db):
    key = room.key_of(room.begin("code", "https://x/", "verifier", state_id="s1"))
    claims: list[room.Returned | None] = []
    threads = [threading.Thread(target=lambda: claims.append(room.claim(key))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each for each in claims if each] == [room.Returned("code", "https://x/", "verifier")]


def test_a_code_that_nobody_took_in_time_is_left_alone(db):
    key = room.key_of(room.begin("code", "https://x/", None, state_id="s2"))
    with later(room.CLAIM_WITHIN_S + 1):
        assert room.claim(key) is None


def test_a_message_that_is_delivered_twice_asks_once(sandbox, browser, creator):
    return_from(browser, creator)
    run_worker()
    run_worker()
    assert len(sandbox.control.requests("oauth/token")) == 1


def test_a_grant_comes_out_as_it_went_in(db):
    secret = room.begin("code", "https://x/", None, state_id="s3")
    grant = Grant.read(token_answer())
    room.finish(room.key_of(secret), grant)
    assert room.take(secret) == grant
    assert room.take(secret) is None


# --- every way has an end ------------------------------------------------------------------------------------------


def test_a_message_that_a_dead_worker_held_is_sent_once_more(sandbox, browser, creator, sent):
    return_from(browser, creator)
    for _ in range(2):
        browser.get(WAITING)
    assert len(sent) == 1
    with later(RESEND_AFTER_S + 1):
        for _ in range(2):
            assert browser.get(WAITING).status_code == 200
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_where_no_worker_comes_the_wait_ends(sandbox, browser, creator):
    return_from(browser, creator)
    with later(WAIT_S + 1):
        assert state_of(browser) == "ready"
        answer = browser.get(WAITING)
    assert answer.status_code == 401
    assert "within half a minute" in words(answer)
    run_worker()
    assert not User.objects.exists()


def test_where_a_worker_dies_with_the_code_its_person_is_told_to_start_again(sandbox, browser, creator, sent):
    return_from(browser, creator)
    assert room.claim(sent[0])
    assert state_of(browser) == "waiting"
    with later(WAIT_S + 1):
        answer = browser.get(WAITING)
    assert "only once, so this cannot go on" in words(answer)
    assert "Try again" in answer.content.decode()


def test_what_nobody_foresaw_ends_the_wait_too(sandbox, browser, creator):
    return_from(browser, creator)
    with (
        mock.patch("accounts.tiktok.client.exchange_code", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        run_worker()
    assert state_of(browser) == "ready"
    assert "did not arrive" in words(browser.get(WAITING))


def test_without_redis_the_code_is_not_used_and_the_person_is_told(sandbox, browser, creator, settings):
    callback = path_of(consent(requests.Session(), begin(browser), creator))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    began = time.monotonic()
    answer = browser.get(callback)
    assert answer.status_code == 401
    assert "half a minute" in words(answer)
    assert time.monotonic() - began < 2


def test_a_redis_that_goes_away_meanwhile_is_waited_for(sandbox, browser, creator, settings):
    return_from(browser, creator)
    address, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    assert browser.get(WAITING).status_code == 200
    assert state_of(browser) == "waiting"
    with later(WAIT_S + 1):
        assert state_of(browser) == "ready"
    settings.REDIS_URL = address
    run_worker()
    assert browser.get(WAITING)["Location"] == "/overview/"


def test_who_comes_late_is_told_so(sandbox, browser, creator):
    callback = path_of(consent(requests.Session(), begin(browser), creator))
    with later(601):
        assert "more than ten minutes ago" in words(browser.get(callback))


def test_the_page_of_somebody_who_is_in_already_leads_on(sandbox, browser, creator):
    come_back(browser, consent(requests.Session(), begin(browser), creator))
    assert browser.get(WAITING)["Location"] == "/overview/"


@pytest.mark.parametrize("method", ["head", "post"])
def test_only_looking_at_the_page_lets_in(sandbox, browser, creator, method):
    return_from(browser, creator)
    run_worker()
    assert getattr(browser, method)(WAITING).status_code in (200, 405)
    assert not User.objects.exists()


# --- sentences -----------------------------------------------------------------------------------------------------

SAYS = {
    "access_denied": "You declined on TikTok's page",
    "invalid_scope": "a permission is missing in the app's settings",
    "scope_not_authorized": "a permission is missing in the app's settings",
    "scope_permission_missed": "a permission is missing in the app's settings",
    "invalid_request": "did not accept Postcast's own request",
    "invalid_client": "did not accept Postcast's own request",
    "unauthorized_client": "did not accept Postcast's own request",
    "unsupported_response_type": "did not accept Postcast's own request",
    "unsupported_grant_type": "did not accept Postcast's own request",
    "invalid_params": "did not accept Postcast's own request",
    "invalid_grant": "can be used once and for a short time only",
    "server_error": "it is in trouble itself",
    "internal_error": "it is in trouble itself",
    "temporarily_unavailable": "it is in trouble itself",
    "rate_limit_exceeded": "takes no more requests from Postcast for a moment",
    "no_such_error": "gave no reason that Postcast knows",
    "": "gave no reason that Postcast knows",
}


@pytest.mark.parametrize("error", SAYS)
def test_each_error_of_tiktoks_page_has_its_sentence(sandbox, browser, error):
    state = re.search(r"state=([^&]+)", begin(browser))
    assert state
    answer = browser.get(CALLBACK, {"error": error, "error_description": "<b>x</b>", "state": state[1]}, follow=True)
    page = answer.content.decode().replace("&#x27;", "'")
    assert SAYS[error] in page
    assert ("Trying again will not help" in page) != ("Try again" in page)
    assert "<b>x</b>" not in page
    assert "another browser" not in page


def test_the_table_of_errors_is_tested_whole():
    assert set(OAUTH_ERRORS) == set(SAYS) - {"", "no_such_error"}
    assert set(EXPLANATIONS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_each_sentence_says_what_happened_what_it_means_and_what_to_do(kind):
    told = EXPLANATIONS[kind]
    assert "Nothing was changed" in str(told.words)
    assert re.search(r"again|[Ss]tart again|whoever runs this", str(told.words))
    assert told.heading


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TikTokUnavailable("no_answer"), Kind.TIKTOK_TROUBLE),
        (TikTokRateLimited("rate_limit_exceeded"), Kind.TIKTOK_BUSY),
        (GrantRefused("invalid_grant"), Kind.CODE_REFUSED),
        (TikTokError("invalid_client"), Kind.SETTINGS),
        (TikTokError("unheard_of"), Kind.UNKNOWN),
    ],
)
def test_each_failure_of_the_exchange_has_its_kind(error, kind):
    assert kind_of_exchange(error) is kind
