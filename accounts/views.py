"""Pages of accounts: what Postcast is, signing in, settings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import APITokenForm
from accounts.requests import SignedInRequest, linked_accounts
from accounts.selectors import accounts_of, api_tokens_of


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("posts:home")
    return render(request, "accounts/sign_in.html", {"next": request.GET.get("next", "")})


@require_safe
def sign_in_failed(request: HttpRequest) -> HttpResponse:
    """Where a sign-in through `allauth.headless` ends that failed while no separate frontend is configured."""
    return render(request, "accounts/sign_in_failed.html")


@require_safe
@never_cache
@login_required
def settings(request: SignedInRequest) -> HttpResponse:
    return _settings_page(request)


@require_POST
@never_cache
@login_required
def create_token(request: SignedInRequest) -> HttpResponse:
    """Answers with the page itself, not a redirect: the plain token must not be stored to survive one."""
    form = APITokenForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, token_form=form)
    token, plain = services.create_api_token(user=request.user, name=form.cleaned_data["name"])
    return _settings_page(request, new_token=plain, new_token_name=token.name)


@require_POST
@login_required
def revoke_token(request: SignedInRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(api_tokens_of(request.user), pk=token_id)
    services.revoke_api_token(token=token, now=timezone.now())
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("accounts:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disconnect(request: SignedInRequest, account_id: str) -> HttpResponse:
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    if request.method == "POST":
        services.disconnect_account(account_id=account.pk, now=timezone.now())
        messages.success(request, "The TikTok account is disconnected.")
        return redirect("accounts:settings")
    return render(request, "accounts/disconnect.html", {"account": account})


def _settings_page(request: SignedInRequest, *, token_form: APITokenForm | None = None, **context: str) -> HttpResponse:
    return render(
        request,
        "accounts/settings.html",
        {
            "accounts": linked_accounts(request.user),
            "tokens": api_tokens_of(request.user),
            "token_form": token_form or APITokenForm(),
            **context,
        },
    )
