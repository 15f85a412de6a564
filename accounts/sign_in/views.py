"""Sign in with TikTok: the page that offers it, the way there, the return, and the page that waits for TikTok."""

import time
from typing import Any

import structlog
from allauth.socialaccount.helpers import complete_social_login, render_authentication_error
from allauth.socialaccount.internal.statekit import STATE_TTL, unstash_state
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView, OAuth2View
from allauth.socialaccount.providers.tiktok.views import TikTokOAuth2Adapter as AllauthTikTokOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from accounts.linked.services import connect_account
from accounts.models import User
from accounts.sign_in import room
from accounts.sign_in.failures import EXPLANATIONS, Kind, SignInFailed, kind_of_error
from accounts.sign_in.state_cookie import StateCookie, Waiting
from accounts.sign_in.tasks import exchange_code
from accounts.sign_in.without_tiktok import sign_in_with_password
from accounts.tiktok.client import Grant
from accounts.tiktok.presence import only_with_tiktok, tiktok_is_on
from config.next_page import nearest_page

log = structlog.get_logger(__name__)

WAIT_S = 32
"""The longest that a browser waits: a worker takes the code within 15 s or never, and TikTok has 15 s to answer."""
RESEND_AFTER_S = 5
STARTED_BY = "started_by"
"""In allauth's state: the number of the person who began it, None without a sign-in."""


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Offer to sign in, with TikTok where there is an app at it; lead those who are signed in to their overview."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not tiktok_is_on():
        return sign_in_with_password(request)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return render(request, "accounts/sign_in.html", {"next": nearest_page(request.GET.get("next", ""))})


@require_safe
def sign_in_failed(request: HttpRequest) -> HttpResponse:
    """Show the page where a failed sign-in through `allauth.headless` ends if no separate frontend is configured."""
    return render(request, "accounts/sign_in_failed.html", {"failure": EXPLANATIONS[Kind.UNKNOWN]})


class TikTokOAuth2Adapter(AllauthTikTokOAuth2Adapter):  # type: ignore[misc]
    """allauth's adapter with the address of the consent page from the environment."""

    @property
    def authorize_url(self) -> str:
        return str(settings.TIKTOK_AUTHORIZE_URL)


class OAuth2CallbackView(OAuth2View):  # type: ignore[misc]
    """The return from TikTok's page: check the state, hand the code to a worker, and go on to the page that waits."""

    adapter: TikTokOAuth2Adapter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        cookie = StateCookie(request)
        state_id, code = request.GET.get("state", ""), request.GET.get("code", "")
        if cookie.waiting and cookie.waiting.state_id == state_id:
            # reloaded: the code is on its way
            return redirect("tiktok_waiting")
        begun_at = cookie.begun_at(state_id)
        provider = self.adapter.get_provider()
        with cookie.in_place_of_session():
            state = unstash_state(request, provider_id=provider.sub_id, state_id=state_id)
        if state is None:
            late = begun_at is not None and time.time() - begun_at > STATE_TTL
            return cookie.set_on(_fail(self, None, Kind.TOO_OLD if late else Kind.NOT_BEGUN_HERE))
        if "error" in request.GET or not code:
            return cookie.set_on(_fail(self, state, kind_of_error(request.GET.get("error", ""))))
        redirect_uri = self.adapter.get_callback_url(request, provider.app)
        try:
            secret = room.begin(code, redirect_uri, state.pop("pkce_code_verifier", None), state_id=state_id)
            exchange_code.apply_async((room.key_of(secret),), retry=False)
        except room.StateUsed:
            return cookie.set_on(_fail(self, state, Kind.USED))
        except (room.Unavailable, OperationalError):
            return cookie.set_on(_fail(self, state, Kind.BUSY))
        cookie.waiting = Waiting(secret, time.time(), state_id, state)
        return cookie.set_on(redirect("tiktok_waiting"))


class WaitingView(OAuth2View):  # type: ignore[misc]
    """The page that waits for TikTok: it says so, lets the person in, or says why not."""

    adapter: TikTokOAuth2Adapter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        cookie = StateCookie(request)
        waiting = cookie.waiting
        if waiting is None:
            if request.user.is_authenticated:
                return redirect(settings.LOGIN_REDIRECT_URL)
            return _fail(self, None, Kind.NOT_BEGUN_HERE)
        end = _end_of(waiting)
        if end is None or request.method != "GET":
            response = render(request, "accounts/waiting.html", {"connecting": _connects(waiting.state)})
            add_never_cache_headers(response)
            return response
        cookie.waiting = None
        response = _fail(self, waiting.state, end) if isinstance(end, Kind) else self._let_in(waiting.state, end)
        add_never_cache_headers(response)
        return cookie.set_on(response)

    def _let_in(self, state: dict[str, Any], grant: Grant) -> HttpResponse:
        """Sign the person in, or connect the account to the person who began that, as allauth does."""
        request = self.request
        if _connects(state) and state.get(STARTED_BY) != request.user.pk:
            return _fail(self, state, Kind.OTHER_PERSON)
        login = self.adapter.get_provider().sociallogin_from_response(request, {"open_id": grant.open_id})
        # empty: the tokens go from the grant straight into a sealed credential, never through allauth's models
        login.token = SocialToken()
        login.state = state
        response: HttpResponse = complete_social_login(request, login)
        user = request.user
        # allauth may have refused: another person's account, or a person who is inactive
        if isinstance(user, User) and login.account.user_id == user.pk:
            connect_account(user=user, grant=grant, now=timezone.now())
        return response


@require_safe
@never_cache
def waiting_status(request: HttpRequest) -> JsonResponse:
    """Answer `{"state": "waiting"}`, or "ready" once the page that waits has an end to show; changes nothing."""
    waiting = StateCookie(request).waiting
    try:
        progress = room.look(waiting.secret) if waiting else None
    except room.Unavailable:
        progress = room.Progress()
    waits = waiting is not None and progress is not None and not _is_over(waiting, progress)
    return JsonResponse({"state": "waiting" if waits else "ready"})


def _end_of(waiting: Waiting) -> Grant | Kind | None:
    """Return TikTok's grant, which is taken by that, or why there will be none; None while neither is known."""
    try:
        progress = room.look(waiting.secret)
        if not _is_over(waiting, progress):
            if not progress.claimed and waiting.age_s > RESEND_AFTER_S and room.resend_once(waiting.secret):
                exchange_code.apply_async((room.key_of(waiting.secret),), retry=False)
            return None
        if progress.failure:
            return progress.failure
        grant = room.take(waiting.secret) if progress.answered else None
    except (room.Unavailable, OperationalError):
        return None if waiting.age_s <= WAIT_S else Kind.BUSY
    if grant is not None:
        return grant
    return Kind.ANSWER_LOST if progress.claimed or not progress.there else Kind.BUSY


def _is_over(waiting: Waiting, progress: room.Progress) -> bool:
    return bool(progress.answered or progress.failure or not progress.there or waiting.age_s > WAIT_S)


def _connects(state: dict[str, Any]) -> bool:
    return bool(state.get("process") == "connect")


def _fail(view: OAuth2View, state: dict[str, Any] | None, kind: Kind) -> HttpResponse:
    """End a sign-in as allauth does: with a page, or at the separate frontend that began it."""
    response: HttpResponse = render_authentication_error(
        view.request,
        view.adapter.get_provider(),
        error=AuthError.CANCELLED if kind is Kind.DECLINED else AuthError.UNKNOWN,
        exception=SignInFailed(kind),
        extra_context={"state": state},
    )
    return response


_begin = OAuth2LoginView.adapter_view(TikTokOAuth2Adapter)


@only_with_tiktok
@require_http_methods(["GET", "HEAD", "POST"])
def oauth2_login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Begin to sign in, by POST; by GET and HEAD ask first: allauth would begin at a HEAD, which no token guards."""
    method = request.method
    request.method = "POST" if method == "POST" else "GET"
    response: HttpResponse = _begin(request, *args, **kwargs)
    request.method = method
    return response


oauth2_callback = only_with_tiktok(OAuth2CallbackView.adapter_view(TikTokOAuth2Adapter))
waiting = WaitingView.adapter_view(TikTokOAuth2Adapter)
