"""Errors of TikTok's API, typed, and parsers for the two shapes of its answers."""

from typing import Any

import requests


class TikTokError(Exception):
    """Raised where TikTok refuses a call, or answers with nothing usable. TikTok's support asks for the `log_id`."""

    retryable = False
    retry_after: float | None = None
    """What TikTok asks to wait, in seconds; None where it did not say."""

    def __init__(self, code: str, message: str = "", *, log_id: str = "", status: int | None = None) -> None:
        self.code = code
        self.message = message
        self.log_id = log_id
        self.status = status
        super().__init__(f"TikTok: {code}" + (f" ({message})" if message else ""))


class TikTokUnavailable(TikTokError):
    """TikTok did not answer, answered with a fault of its own (5xx), or with something that cannot be read."""

    retryable = True


class TikTokRateLimited(TikTokError):
    """Too many calls in the last minute. `retry_after` is in seconds, None where TikTok did not say."""

    retryable = True

    def __init__(self, *args: Any, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.retry_after = retry_after


class AccessTokenInvalid(TikTokError):
    """The access token expired early or was taken back: call `invalidate_access_token`, then try once more."""


class ScopeMissing(TikTokError):
    """The creator did not grant the scope that this call needs."""


class GrantRefused(TikTokError):
    """The code or refresh token is unknown, used, expired or taken back (`invalid_grant`)."""


ERRORS: dict[str, type[TikTokError]] = {
    "access_token_invalid": AccessTokenInvalid,
    "scope_not_authorized": ScopeMissing,
    "scope_permission_missed": ScopeMissing,
    "rate_limit_exceeded": TikTokRateLimited,
    "internal_error": TikTokUnavailable,
    "invalid_grant": GrantRefused,
    "server_error": TikTokUnavailable,
    "temporarily_unavailable": TikTokUnavailable,
}


def parse_envelope(response: requests.Response) -> dict[str, Any]:
    """Return the `data` of a Display API answer `{"data": ..., "error": {"code": "ok", ...}}`.

    Raises a TikTokError of the type that the error code, else the HTTP status, calls for.
    """
    data = _answer(response).get("data")
    return data if isinstance(data, dict) else {}


def parse_oauth(response: requests.Response) -> dict[str, Any]:
    """Return the flat answer of an OAuth call; an empty body, as some revocations have, is an empty answer.

    Raises a TikTokError of the type that the `error` member, else the HTTP status, calls for.
    """
    return {} if response.ok and not response.content.strip() else _answer(response)


def _answer(response: requests.Response) -> dict[str, Any]:
    answer = _json_object(response)
    code, message, log_id = _error(answer)
    # the status decides where TikTok's code does not: OAuth errors come with 200 too
    if code in ("", "ok") and response.ok:
        return answer
    raise _typed_error(response, code, message, log_id)


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if response.status_code == 429:
        raise _typed_error(response, "rate_limit_exceeded", "", "")
    raise TikTokUnavailable("unreadable_answer", "the answer is not a JSON object", status=response.status_code)


def _error(answer: dict[str, Any]) -> tuple[str, str, str]:
    """(code, message, log_id) from either envelope: nested in the Display API, flat in OAuth."""
    error = answer.get("error")
    if isinstance(error, dict):
        return str(error.get("code") or ""), str(error.get("message") or ""), str(error.get("log_id") or "")
    return str(error or ""), str(answer.get("error_description") or ""), str(answer.get("log_id") or "")


def _typed_error(response: requests.Response, code: str, message: str, log_id: str) -> TikTokError:
    status = response.status_code
    if code in ("", "ok"):
        code = f"http_{status}"
    kind = ERRORS.get(code, TikTokUnavailable if status >= 500 else TikTokError)
    if status == 429 or kind is TikTokRateLimited:
        return TikTokRateLimited(code, message, log_id=log_id, status=status, retry_after=_retry_after(response))
    return kind(code, message, log_id=log_id, status=status)


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
