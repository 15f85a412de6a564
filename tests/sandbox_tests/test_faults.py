"""Faults on demand, limits and the request log, over HTTP."""

import json

import pytest
import requests

from tests.sandbox_tests.conftest import Wire


def test_429_and_500_in_tiktoks_envelopes(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    for kind, code in (("429", "rate_limit_exceeded"), ("500", "internal_error")):
        wire.process.control.fault(kind, "video/list")
        answer = wire.videos()
        assert (answer.status_code, answer.json()["error"]["code"]) == (int(kind), code)
        assert answer.json()["error"]["log_id"]
        wire.process.control.fault(kind, "oauth/token")
        flat = wire.refresh(tokens["refresh_token"])
        assert (flat.status_code, flat.json()["error"]) == (int(kind), code)
    assert wire.videos().status_code == 200
    assert wire.refresh(tokens["refresh_token"]).status_code == 200


def test_a_fault_comes_after_and_as_often_as_ordered_and_only_there(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.fault("500", "video/list", times=2, after=1)
    assert [wire.videos().status_code for _ in range(4)] == [200, 500, 500, 200]
    wire.process.control.fault("500", "video/list", times=None)
    assert [wire.videos().status_code for _ in range(3)] == [500, 500, 500]
    assert wire.user().status_code == 200
    wire.process.control.clear_faults()
    assert wire.videos().status_code == 200
    wire.process.control.fault("500")
    assert [wire.user().status_code, wire.videos().status_code] == [500, 200]


def test_a_timeout_holds_the_line_until_the_client_hangs_up(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.fault("timeout", "user/info")
    with pytest.raises(requests.ReadTimeout):
        wire.user(timeout=0.3)
    assert wire.user().status_code == 200
    assert [entry["fault"] for entry in wire.process.control.requests("user/info")] == ["timeout", ""]


def test_slow_answers_are_right(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.fault("slow", "user/info", seconds=0.4)
    with pytest.raises(requests.ReadTimeout):
        wire.user(timeout=0.1)
    wire.process.control.fault("slow", "user/info", seconds=0.05)
    answer = wire.user()
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


def test_a_truncated_refresh_has_rotated_all_the_same(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.fault("truncated", "oauth/token")
    answer = wire.refresh(tokens["refresh_token"])
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert wire.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_html_in_the_place_of_json(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.fault("html", "video/query")
    answer = wire.query(["1"])
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_expired_token_is_cured_by_a_refresh(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.fault("expired_token", "video/list")
    assert wire.videos().json()["error"]["code"] == "access_token_invalid"
    wire.tokens = wire.refresh(tokens["refresh_token"]).json()
    assert wire.videos().status_code == 200


@pytest.mark.parametrize("endpoint", ["video/list", "oauth/token"])
def test_a_revoked_grant_is_gone_for_good(wire: Wire, endpoint: str) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.fault("revoked_grant", endpoint)
    if endpoint == "video/list":
        assert wire.videos().json()["error"]["code"] == "access_token_invalid"
    assert wire.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert wire.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert wire.user().status_code == 401


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("expired_token", 403), ("html", 502)])
def test_faults_of_covers(wire: Wire, kind: str, status: int) -> None:
    wire.sign_in("mara.baking")
    address = wire.videos("cover_image_url", max_count=1).json()["data"]["videos"][0]["cover_image_url"]
    wire.process.control.fault(kind, "cover")
    assert requests.get(address, timeout=10).status_code == status
    wire.process.control.fault("truncated", "cover")
    cut, whole = (requests.get(address, timeout=10).content for _ in range(2))
    assert cut == whole[: len(whole) // 2]


def test_an_unknown_fault_is_refused_with_words(wire: Wire) -> None:
    with pytest.raises(RuntimeError, match="kind"):
        wire.process.control.fault("earthquake")
    with pytest.raises(RuntimeError, match="endpoint"):
        wire.process.control.fault("500", "video/upload")


def test_the_limit_is_per_endpoint(wire: Wire) -> None:
    wire.sign_in("mara.baking")
    wire.process.control.limit(3)
    assert [wire.user().status_code for _ in range(4)] == [200, 200, 200, 429]
    assert wire.user().json()["error"]["code"] == "rate_limit_exceeded"
    assert wire.videos().status_code == 200
    wire.process.control.limit(4)
    assert [wire.user().status_code for _ in range(2)] == [200, 429]


def test_the_log_counts_calls_and_shows_no_token(wire: Wire) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.user()
    wire.tokens = wire.refresh(tokens["refresh_token"]).json()
    wire.user()
    entries = wire.process.control.requests()
    assert [entry["endpoint"] for entry in entries] == ["oauth/token", "user/info", "oauth/token", "user/info"]
    assert [entry["grant_type"] for entry in entries] == ["authorization_code", "", "refresh_token", ""]
    assert {entry["creator"] for entry in entries} == {"mara.baking"}
    assert entries[0]["access_token"] == entries[1]["access_token"] != entries[2]["access_token"]
    logged = json.dumps(entries)
    secrets = [tokens[name] for name in ("access_token", "refresh_token")] + [wire.tokens["access_token"]]
    assert not any(secret in logged for secret in secrets)
