"""TikTok's two response formats: the Display API's envelope, and flat OAuth errors."""

import secrets
import time
from typing import Any

from starlette.responses import JSONResponse

STATUS = {
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "scope_permission_missed": 400,
    "invalid_params": 400,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}


class DisplayError(Exception):
    """An error of the Display API; `code` is a key of STATUS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class OAuthError(Exception):
    """An error of the token endpoints."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def new_log_id() -> str:
    """Return an id like TikTok's: the time, then random hex."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime()) + secrets.token_hex(9).upper()


def display_answer(data: dict[str, Any], log_id: str) -> JSONResponse:
    """Return a success response of the Display API."""
    return JSONResponse({"data": data, "error": {"code": "ok", "message": "", "log_id": log_id}})


def display_error(error: DisplayError, log_id: str) -> JSONResponse:
    """Return an error response of the Display API."""
    envelope = {"code": error.code, "message": error.message, "log_id": log_id}
    return JSONResponse({"data": {}, "error": envelope}, STATUS[error.code])


def oauth_error(error: OAuthError, log_id: str) -> JSONResponse:
    """Return an error response of the token endpoints."""
    flat = {"error": error.error, "error_description": error.description, "log_id": log_id}
    return JSONResponse(flat, error.status)
