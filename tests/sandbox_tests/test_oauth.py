"""Sign-in and tokens, over HTTP."""

import base64
import hashlib
from typing import Any

import pytest
import requests

from tests.sandbox_tests.conftest import ALL_SCOPES, REDIRECT_URI, Wire

VERIFIER = "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636"
HEX = hashlib.sha256(VERIFIER.encode()).hexdigest()
BASE64URL = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def assert_refused(answer: requests.Response, error: str, status: int = 400) -> None:
    assert answer.status_code == status
    body = answer.json()
    assert body["error"] == error
    assert set(body) == {"error", "error_description", "log_id"}
    assert body["log_id"]


def test_a_sign_in_gives_tokens_with_lifetimes_and_scopes(wire: Wire) -> None:
    callback = wire.callback("mara.baking")
    assert callback["state"] == "st4te"
    assert callback["scopes"] == ALL_SCOPES
    tokens = wire.exchange(callback["code"]).json()
    assert tokens["expires_in"] == 7200
    assert tokens["refresh_expires_in"] == 180 * 86400
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == ALL_SCOPES
    listed = {creator["handle"]: creator for creator in wire.process.control.creators()}
    assert tokens["open_id"] == listed["mara.baking"]["open_id"]
    assert listed["mara.baking"]["granted"] == sorted(ALL_SCOPES.split(","))


def test_a_code_works_once(wire: Wire) -> None:
    code = wire.callback("mara.baking")["code"]
    assert wire.exchange(code).status_code == 200
    assert_refused(wire.exchange(code), "invalid_grant")


def test_a_code_expires(wire: Wire) -> None:
    wire.process.control.lifetimes(code_s=1e-9)
    code = wire.callback("mara.baking")["code"]
    assert_refused(wire.exchange(code), "invalid_grant")


def test_the_redirect_uri_of_the_exchange_must_be_the_same(wire: Wire) -> None:
    code = wire.callback("mara.baking")["code"]
    assert_refused(wire.exchange(code, redirect_uri=REDIRECT_URI + "/"), "invalid_grant")


def test_a_refresh_rotates_and_the_old_token_stops_working(wire: Wire) -> None:
    first = wire.sign_in("mara.baking")
    second = wire.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["open_id"] == first["open_id"]
    assert_refused(wire.refresh(first["refresh_token"]), "invalid_grant")
    assert wire.refresh(second["refresh_token"]).status_code == 200


def test_an_expired_access_token_is_refused_and_can_be_refreshed(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.expire_access_tokens()
    answer = wire.user()
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access_token_invalid")
    wire.tokens = wire.refresh(tokens["refresh_token"]).json()
    assert wire.user().status_code == 200


def test_lifetimes_can_be_short(wire: Wire) -> None:
    wire.process.control.lifetimes(access_s=60, refresh_s=1e-9)
    tokens = wire.sign_in("mara.baking")
    assert tokens["expires_in"] == 60
    assert_refused(wire.refresh(tokens["refresh_token"]), "invalid_grant")


def test_moving_the_sandbox_ahead_signs_nobody_out(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.advance(30 * 86400)
    assert wire.user().status_code == 200


def test_declined_scopes_are_not_granted(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking", decline=("video.list", "user.info.stats", "user.info.basic"))
    assert tokens["scope"] == "user.info.basic,user.info.profile"
    for answer in (wire.videos(), wire.user("follower_count"), wire.query(["1"])):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "scope_not_authorized")
    assert wire.user("display_name,username").json()["data"]["user"]["username"] == "mara.baking"


def test_denying_goes_back_with_access_denied(wire: Wire) -> None:
    callback = wire.callback("mara.baking", deny=True)
    assert callback["error"] == "access_denied"
    assert callback["state"] == "st4te"
    assert "code" not in callback


def test_pkce_in_hex(wire: Wire) -> None:
    pkce: dict[str, Any] = {"code_challenge": HEX, "code_challenge_method": "S256"}
    assert_refused(wire.exchange(wire.callback("mara.baking", **pkce)["code"]), "invalid_request")
    wrong = wire.exchange(wire.callback("mara.baking", **pkce)["code"], code_verifier=VERIFIER + "x")
    assert_refused(wrong, "invalid_grant")
    right = wire.exchange(wire.callback("mara.baking", **pkce)["code"], code_verifier=VERIFIER)
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_key": "other"}, "client_key"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": "user.info.basic video.list"}, "unknown scope"),
        ({"scope": ""}, "scope is missing"),
        ({"state": ""}, "state is missing"),
        ({"redirect_uri": "https://example.com/callback"}, "on this machine"),
        ({"code_challenge": BASE64URL, "code_challenge_method": "S256"}, "in hex"),
        ({"code_challenge": HEX, "code_challenge_method": "plain"}, "S256"),
    ],
)
def test_a_wrong_authorisation_request_is_explained(wire: Wire, change: dict[str, str], words: str) -> None:
    answer = requests.get(wire.authorize_url(**change), timeout=10)
    assert answer.status_code == 400
    assert words in answer.text
    posted = requests.post(
        wire.authorize_url(**change), data={"decision": "allow", "creator": "mara.baking"}, timeout=10
    )
    assert posted.status_code == 400


def test_wrong_clients_and_forms_are_refused(wire: Wire) -> None:
    assert_refused(wire.token(client_secret="wrong", grant_type="refresh_token"), "invalid_client", 401)
    assert_refused(wire.token(grant_type="password"), "unsupported_grant_type")
    assert_refused(wire.token(grant_type="refresh_token"), "invalid_request")
    as_json = requests.post(f"{wire.process.url}/v2/oauth/token/", json={"grant_type": "refresh_token"}, timeout=10)
    assert_refused(as_json, "invalid_request")


def test_revoking_ends_everything(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    answer = wire.revoke(tokens["access_token"])
    assert (answer.status_code, answer.json()) == (200, {})
    assert wire.user().json()["error"]["code"] == "access_token_invalid"
    assert_refused(wire.refresh(tokens["refresh_token"]), "invalid_grant")
    assert_refused(wire.revoke(tokens["access_token"]), "invalid_grant")


def test_a_creator_who_disconnects_ends_the_grant(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    assert wire.process.control.disconnect("mara.baking") == 1
    assert wire.user().status_code == 401
    assert wire.process.control.disconnect("mara.baking") == 0
