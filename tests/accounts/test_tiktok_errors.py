"""Both of TikTok's envelopes, whole and broken, become one family of errors."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tiktok.errors import (
    AccessTokenInvalid,
    GrantRefused,
    ScopeMissing,
    TikTokError,
    TikTokRateLimited,
    TikTokUnavailable,
    parse_envelope,
    parse_oauth,
)
from config.outside.client import Answer


def response(status: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return Answer(status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


def envelope(code: str) -> dict[str, Any]:
    return {"data": {}, "error": {"code": code, "message": "why", "log_id": "2026"}}


def flat(code: str) -> dict[str, Any]:
    return {"error": code, "error_description": "why", "log_id": "2026"}


def test_success_is_the_data():
    assert parse_envelope(response(200, {"data": {"videos": []}, "error": {"code": "ok"}})) == {"videos": []}
    assert parse_envelope(response(200, {"data": {"videos": []}})) == {"videos": []}
    assert parse_oauth(response(200, {"open_id": "x"})) == {"open_id": "x"}
    assert parse_oauth(response(200, {})) == {}
    assert parse_oauth(response(200, b"")) == {}


@pytest.mark.parametrize("parse", [parse_envelope, parse_oauth])
@pytest.mark.parametrize("shape", [envelope, flat])
@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (401, "access_token_invalid", AccessTokenInvalid, False),
        (401, "scope_not_authorized", ScopeMissing, False),
        (400, "scope_permission_missed", ScopeMissing, False),
        (400, "invalid_params", TikTokError, False),
        (429, "rate_limit_exceeded", TikTokRateLimited, True),
        (429, "something_new", TikTokRateLimited, True),
        (500, "internal_error", TikTokUnavailable, True),
        (503, "something_new", TikTokUnavailable, True),
        (400, "invalid_grant", GrantRefused, False),
        # OAuth errors come with 200 too
        (200, "invalid_grant", GrantRefused, False),
        (401, "invalid_client", TikTokError, False),
        (418, "something_new", TikTokError, False),
    ],
)
def test_a_refusal_is_typed_in_either_shape(parse, shape, status, code, kind, retryable):
    with pytest.raises(TikTokError) as caught:
        parse(response(status, shape(code)))
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.message, error.log_id, error.status) == (code, "why", "2026", status)
    assert error.retryable is retryable
    assert code in str(error)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_without_a_code_is_told_by_its_status(status):
    with pytest.raises(TikTokError, match=f"http_{status}"):
        parse_envelope(response(status, {}))


def test_how_long_to_wait_is_read():
    with pytest.raises(TikTokRateLimited) as caught:
        parse_envelope(response(429, envelope("rate_limit_exceeded"), **{"Retry-After": "7"}))
    assert caught.value.retry_after == 7
    with pytest.raises(TikTokRateLimited) as caught:
        parse_envelope(response(429, b"slow down", **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    assert caught.value.retry_after is None


@given(body=st.binary(max_size=200), status=st.sampled_from([200, 400, 401, 429, 500, 502]))
def test_whatever_comes_back_only_a_tiktok_error_is_raised(body, status):
    for parse in (parse_envelope, parse_oauth):
        try:
            assert isinstance(parse(response(status, body)), dict)
        except TikTokError:
            continue


@given(cut=st.integers(0, 60))
def test_a_truncated_answer_is_a_fault_of_tiktoks(cut):
    whole = json.dumps({"data": {"user": {"open_id": "x"}}, "error": {"code": "ok"}}).encode()
    with pytest.raises(TikTokUnavailable):
        parse_envelope(response(200, whole[:cut]))
