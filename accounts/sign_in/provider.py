"""TikTok as a sign-in provider for django-allauth; it takes the place of allauth's own."""

import hashlib
import secrets
from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.tiktok.provider import TikTokProvider as AllauthTikTokProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.sign_in.state_cookie import StateCookie
from accounts.sign_in.views import STARTED_BY, TikTokOAuth2Adapter
from accounts.tiktok.client import SCOPES
from config.rate_limits import Limit, enforce

LONGEST_NEXT = 1_000
"""Of an address to go on to, in characters: it travels in a cookie."""


class TikTokProvider(AllauthTikTokProvider):  # type: ignore[misc]
    """allauth's provider with TikTok's hex PKCE, every scope asked for, and nothing personal copied."""

    account_class = ProviderAccount
    oauth2_adapter_class = TikTokOAuth2Adapter

    def get_default_scope(self) -> list[str]:
        return list(SCOPES)

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Lead to TikTok, from the page or for a separate frontend; raises RateLimited."""
        enforce(request, Limit.SIGN_IN)
        cookie = StateCookie(request)
        if len(next_url or "") > LONGEST_NEXT:
            next_url = None
        with cookie.in_place_of_session():
            response = super().redirect(request, process, next_url, data, **{STARTED_BY: request.user.pk}, **kwargs)
        return cookie.set_on(response)

    def get_pkce_params(self) -> dict[str, str]:
        """Return a PKCE challenge as hex, as TikTok expects it, where RFC 7636 has base64url."""
        if not settings.TIKTOK_PKCE:
            return {}
        verifier = secrets.token_urlsafe(48)
        return {
            "code_verifier": verifier,
            "code_challenge": hashlib.sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
        }

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Return every scope, whatever the link that led here asks for."""
        return self.get_default_scope()

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        return {}

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["open_id"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return nothing: only accounts.TikTokAccount holds a creator's profile."""
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}


provider_classes = [TikTokProvider]
