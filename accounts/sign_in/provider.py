"""TikTok as a sign-in provider for django-allauth; it takes the place of allauth's own."""

import hashlib
import secrets
from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.tiktok.provider import TikTokProvider as AllauthTikTokProvider
from django.conf import settings
from django.http import HttpRequest

from accounts.sign_in.views import TikTokOAuth2Adapter
from accounts.tiktok.client import SCOPES


class TikTokProvider(AllauthTikTokProvider):  # type: ignore[misc]
    """allauth's provider with TikTok's hex PKCE, every scope asked for, and nothing personal copied."""

    account_class = ProviderAccount
    oauth2_adapter_class = TikTokOAuth2Adapter

    def get_default_scope(self) -> list[str]:
        return list(SCOPES)

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
