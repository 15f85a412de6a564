"""Sign in with TikTok: the page that offers it, the redirect there, and what happens when the creator comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView as AllauthCallbackView
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from allauth.socialaccount.providers.tiktok.views import TikTokOAuth2Adapter as AllauthTikTokOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.linked.services import connect_account
from accounts.models import User
from accounts.sign_in.without_tiktok import sign_in_with_password
from accounts.tiktok import client as tiktok
from accounts.tiktok.client import BASIC_SCOPE, Grant
from accounts.tiktok.errors import TikTokError
from accounts.tiktok.presence import only_with_tiktok, tiktok_is_on

log = structlog.get_logger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Offer to sign in, with TikTok where there is an app at it; lead those who are signed in to their posts."""
    if request.user.is_authenticated:
        return redirect("posts:home")
    if not tiktok_is_on():
        return sign_in_with_password(request)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return render(request, "accounts/sign_in.html", {"next": request.GET.get("next", "")})


@require_safe
def sign_in_failed(request: HttpRequest) -> HttpResponse:
    """Show the page where a failed sign-in through `allauth.headless` ends if no separate frontend is configured."""
    return render(request, "accounts/sign_in_failed.html")


class SignInFailed(ProviderException):  # type: ignore[misc]
    """Raised to end a sign-in; the message tells the person why, and what to do."""


class TikTokOAuth2Adapter(AllauthTikTokOAuth2Adapter):  # type: ignore[misc]
    """allauth's adapter on Postcast's own client: typed answers, timeouts, and no look at anybody's profile.

    The grant itself says whose it is. What TikTok shows of them is for the first refresh to read, which needs consent.
    """

    # the result, for the callback view
    login: SocialLogin | None = None
    grant: Grant

    @property
    def authorize_url(self) -> str:
        return str(settings.TIKTOK_AUTHORIZE_URL)

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: OAuth2Client, pkce_code_verifier: str | None = None
    ) -> Grant:
        with _failures_explained():
            return tiktok.exchange_code(
                code=request.GET["code"], redirect_uri=client.callback_url, code_verifier=pkce_code_verifier
            )

    def parse_token(self, data: Grant) -> SocialToken:
        """Empty: the tokens go from the grant straight into a sealed credential, never through allauth's models."""
        return SocialToken()

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, *, response: Grant, **kwargs: Any
    ) -> SocialLogin:
        self.grant = response
        if BASIC_SCOPE not in response.scopes:
            raise SignInFailed(
                "Postcast cannot know who you are without the basic profile information, which you declined on TikTok. "
                "Nothing was changed: please try again and leave that switched on."
            )
        self.login = self.get_provider().sociallogin_from_response(request, {"open_id": response.open_id})
        return self.login


class OAuth2CallbackView(AllauthCallbackView):  # type: ignore[misc]
    """allauth's callback, followed by the linking of the TikTok account to whoever is signed in then."""

    adapter: TikTokOAuth2Adapter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        user, login = request.user, self.adapter.login
        # allauth may have refused: another person's account, or a person who is inactive
        if login and isinstance(user, User) and login.account.user_id == user.pk:
            connect_account(user=user, grant=self.adapter.grant, now=timezone.now())
        return response


@contextmanager
def _failures_explained() -> Iterator[None]:
    try:
        yield
    except TikTokError as error:
        log.warning("sign_in_failed", error=str(error), log_id=error.log_id, status=error.status)
        if error.retryable:
            raise SignInFailed(
                "TikTok did not answer. Nothing was changed: please try again. "
                "If that keeps failing after a minute, TikTok itself may be in trouble."
            ) from error
        raise SignInFailed("TikTok refused the sign-in. Nothing was changed: please try again.") from error


oauth2_login = only_with_tiktok(OAuth2LoginView.adapter_view(TikTokOAuth2Adapter))
oauth2_callback = only_with_tiktok(OAuth2CallbackView.adapter_view(TikTokOAuth2Adapter))
