"""Errors of TikTok's API, typed, and parsers for the two shapes of its answers."""

import re
from typing import Any

from config.outside.client import Answer
from config.outside.lenient_json import NotJSON, read_json

NO_ERROR = ("", "ok", "0")
LONGEST_PAUSE_S = 5.0
"""A waiting worker does nothing else: longer pauses are the caller's, who can come back later."""
LONGEST_WORD = 200
"""Characters kept of what TikTok writes about an error."""


class TikTokError(Exception):
    """Raised where TikTok refuses a call, or answers with nothing usable. TikTok's support asks for the `log_id`.

    `retry_after` is what TikTok asks to wait, in seconds, at most an hour; None where it does not say or exaggerates.
    """

    retryable = False
    retry_after: float | None = None
    """Seconds that TikTok asks to wait; None where it did not say."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        log_id: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.log_id = log_id
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"TikTok: {code}" + (f" ({message})" if message else ""))


class TikTokUnavailable(TikTokError):
    """TikTok did not answer, answered with a fault of its own (5xx), or with something that cannot be read."""

    retryable = True


class TikTokRateLimited(TikTokError):
    """Too many calls in the last minute."""

    retryable = True


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


def pause_before_retry(error: Exception) -> bool | float:
    """Return whether to retry at once a call that changes nothing, or the seconds to wait before it."""
    if not isinstance(error, TikTokError) or not error.retryable:
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_PAUSE_S else False


def parse_envelope(answer: Answer) -> dict[str, Any]:
    """Return the `data` of a Display API answer `{"data": ..., "error": {"code": "ok", ...}}`; {} if it is no object.

    Raises a TikTokError of the type that the error code, else the HTTP status, calls for.
    """
    data = _usable(answer).get("data")
    return data if isinstance(data, dict) else {}


def parse_oauth(answer: Answer) -> dict[str, Any]:
    """Return the flat answer of an OAuth call; an empty body, as some revocations have, is an empty answer.

    Raises a TikTokError of the type that the `error` member, else the HTTP status, calls for.
    """
    return {} if answer.ok and not answer.body.strip() else _usable(answer)


def _usable(answer: Answer) -> dict[str, Any]:
    body = _json_object(answer)
    code, message, log_id = _error(body)
    # the status decides where TikTok's code does not: OAuth errors come with 200 too
    if code in NO_ERROR and answer.ok:
        return body
    raise _typed_error(answer, code, message, log_id)


def _json_object(answer: Answer) -> dict[str, Any]:
    try:
        body = read_json(answer.body)
    except NotJSON:
        body = None
    if isinstance(body, dict):
        return body
    if answer.status == 429:
        raise _typed_error(answer, "rate_limit_exceeded", "", "")
    raise TikTokUnavailable(
        "unreadable_answer",
        "the answer is not a JSON object",
        status=answer.status,
        retry_after=answer.retry_after,
    )


def _error(body: dict[str, Any]) -> tuple[str, str, str]:
    """(code, message, log_id) from either envelope: nested in the Display API, flat in OAuth."""
    error = body.get("error")
    if isinstance(error, dict):
        return _word(error.get("code")).casefold(), _word(error.get("message")), _word(error.get("log_id"))
    return _word(error).casefold(), _word(body.get("error_description")), _word(body.get("log_id"))


def _word(value: Any) -> str:
    """Return a text or number as a short, printable text; nothing for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return re.sub(r"[^\x20-\x7e]", "?", str(value))[:LONGEST_WORD]


def _typed_error(answer: Answer, code: str, message: str, log_id: str) -> TikTokError:
    status, retry_after = answer.status, answer.retry_after
    if code in NO_ERROR:
        code = f"http_{status}"
    passing = status >= 500 or status in (408, 425) or 300 <= status < 400
    kind = ERRORS.get(code, TikTokUnavailable if passing else TikTokError)
    if status == 429:
        kind = TikTokRateLimited
    return kind(code, message, log_id=log_id, status=status, retry_after=retry_after)
