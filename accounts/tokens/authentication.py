"""API tokens in the `Authorization` header, and how the OpenAPI schema describes them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import APIToken, User
from accounts.tokens import selectors, services
from accounts.tokens.memory import MEMORY
from config.rate_limits.remembered import Remembered, mark_of, note_remembered

LAST_USED_RESOLUTION = timedelta(minutes=1)
"""`last_used_at` is at most this old while the token is in use: a write for every request would cost too much."""


class APITokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pc_...`; other schemes, and bearers that are not ours, are left to the next in line."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        """Return the token's person and the token; raises AuthenticationFailed for a token that is not usable."""
        scheme, _, plain = request._request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not plain.startswith(services.API_TOKEN_PREFIX):
            return None
        now = timezone.now()
        digest = services.api_token_digest(plain.strip())
        token = MEMORY.find(digest, now)
        if token is None:
            token = _ask_for(digest, now)
        else:
            note_remembered(request._request, Remembered(mark_of(token.user_id), lambda: _confirm(request, digest)))
        if token.last_used_at is None or token.last_used_at < now - LAST_USED_RESOLUTION:
            services.note_api_token_use(token=token, now=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of an answer 401 (RFC 6750, section 3)."""
        presented = get_authorization_header(request).lower().startswith(b"bearer")
        return 'Bearer realm="api"' + (', error="invalid_token"' if presented else "")


def _ask_for(digest: str, now: datetime) -> APIToken:
    """Return the token from PostgreSQL, and keep it; raises AuthenticationFailed."""
    token = selectors.usable_api_token(digest, now)
    if token is None:
        raise exceptions.AuthenticationFailed("This API token is unknown, expired or revoked.")
    MEMORY.keep(token)
    return token


def _confirm(request: Request, digest: str) -> None:
    """Let the request go on with what PostgreSQL says of its token; raises AuthenticationFailed."""
    MEMORY.forget(digest)
    token = _ask_for(digest, timezone.now())
    request.user, request.auth = token.user, token


class IsNotAnAPIToken(BasePermission):
    """For what a person does themselves: a program with a token must not be able to make itself more of them."""

    message = "This cannot be done with an API token: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not isinstance(request.auth, APIToken)


class APITokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = APITokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token that you made in the settings."}
