"""The token endpoints: exchange, refresh with rotation, revoke."""

import hashlib
import secrets

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.sandbox.context import Sandbox, sandbox_of
from tests.sandbox.wire.envelopes import OAuthError
from tests.sandbox.wire.grants import Grant, fingerprint, open_id

REVOKED_BY_DEVELOPER = 5


async def token(request: Request) -> Response:
    """Exchange a code or refresh tokens: POST /v2/oauth/token/."""
    sandbox, form = sandbox_of(request), await client_form(request)
    match field(form, "grant_type"):
        case "authorization_code":
            grant, access_token = _exchange(sandbox, form)
        case "refresh_token":
            grant, access_token = _refresh(sandbox, form)
        case other:
            raise OAuthError("unsupported_grant_type", f"grant_type {other!r}: use authorization_code or refresh_token")
    sandbox.save()
    request.state.creator = grant.creator
    request.state.issued = fingerprint(access_token)
    lifetimes = sandbox.grants.lifetimes
    return JSONResponse(
        {
            "open_id": open_id(grant.creator, sandbox.settings.client_key),
            "scope": ",".join(grant.scopes),
            "access_token": access_token,
            "expires_in": int(lifetimes.access_s),
            "refresh_token": grant.refresh_token,
            "refresh_expires_in": int(lifetimes.refresh_s),
            "token_type": "Bearer",
        }
    )


async def revoke(request: Request) -> Response:
    """End the creator's whole authorisation, as TikTok does: POST /v2/oauth/revoke/."""
    sandbox, form = sandbox_of(request), await client_form(request)
    grant = sandbox.grants.find_any(field(form, "token"))
    if grant is None:
        raise OAuthError("invalid_grant", "token is unknown, or its grant was ended before")
    request.state.creator = grant.creator
    sandbox.disconnect(grant.creator, REVOKED_BY_DEVELOPER)
    return JSONResponse({})


async def client_form(request: Request) -> FormData:
    """Return the form of a request; OAuthError unless it carries the client's key and secret."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise OAuthError("invalid_request", "Content-Type must be application/x-www-form-urlencoded")
    form, settings = await request.form(), sandbox_of(request).settings
    is_registered = field(form, "client_key") == settings.client_key
    if not is_registered or not secrets.compare_digest(
        field(form, "client_secret").encode(), settings.client_secret.encode()
    ):
        raise OAuthError("invalid_client", "client_key or client_secret is wrong", 401)
    return form


def field(form: FormData, name: str) -> str:
    """Return a required field; OAuthError if it is missing."""
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise OAuthError("invalid_request", f"{name} is missing")
    return value


def _exchange(sandbox: Sandbox, form: FormData) -> tuple[Grant, str]:
    code = sandbox.grants.use_code(field(form, "code"))
    if code is None:
        raise OAuthError("invalid_grant", "code is unknown, expired or was used before")
    if field(form, "redirect_uri") != code.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri differs from the one that the code was issued for")
    if code.challenge:
        verifier = field(form, "code_verifier")
        if hashlib.sha256(verifier.encode()).hexdigest() != code.challenge:
            raise OAuthError("invalid_grant", "code_verifier does not match code_challenge (hex SHA-256 expected)")
    return sandbox.grants.grant(code.creator, code.scopes)


def _refresh(sandbox: Sandbox, form: FormData) -> tuple[Grant, str]:
    refreshed = sandbox.grants.refresh(field(form, "refresh_token"))
    if refreshed is None:
        raise OAuthError("invalid_grant", "refresh_token is unknown, expired, or was replaced by a later refresh")
    return refreshed
