"""Adapters for django-allauth: people sign up with TikTok only, and TikTok's app comes from the environment."""

import secrets
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, Provider
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.translation import gettext

from accounts.models import User
from accounts.sign_in.failures import EXPLANATIONS, Kind, SignInFailed
from config.next_page import nearest_page

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up with a password: staff are made with `manage.py createsuperuser`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a sign-in may lead on to the address: one of ours that a browser can open."""
        return bool(url) and super().is_safe_url(url) and nearest_page(url or "") == url

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """Set a random name: TikTok's names change, collide, and say who somebody is."""
        user.username = f"tiktok-{secrets.token_hex(8)}"


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Opens sign-up to everybody who has a TikTok account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the app that the environment names; allauth's table of apps would hold its secret in plain text."""
        app = SocialApp(
            provider="tiktok",
            name="TikTok",
            client_id=settings.TIKTOK_CLIENT_KEY,
            secret=settings.TIKTOK_CLIENT_SECRET,
        )
        return [app] if provider in (None, app.provider) and client_id in (None, app.client_id) else []

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Return the person as they are: nothing of the TikTok profile is copied."""
        user: User = sociallogin.user
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return resolve_url("accounts:settings")

    def validate_disconnect(self, account: SocialAccount, accounts: Any) -> None:
        """Refuse: allauth would leave the grant alive at TikTok, which `disconnect_account` revokes."""
        raise ValidationError(gettext("Disconnect TikTok accounts in Postcast's settings."))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Give the error page the `failure` that says what happened and what to do."""
        kind = exception.kind if isinstance(exception, SignInFailed) else Kind.UNKNOWN
        if error == AuthError.CANCELLED:
            kind = Kind.DECLINED
        log.warning("sign_in_failed", kind=kind.value, exception_type=type(exception).__name__ if exception else None)
        if extra_context is not None:
            extra_context["failure"] = EXPLANATIONS[kind]
