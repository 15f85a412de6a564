"""The settings page: linked TikTok accounts, their time zones, and API tokens."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.linked.selectors import accounts_of
from accounts.linked.services import choose_time_zone, disconnect_account
from accounts.linked.switcher import SignedInRequest, linked_accounts
from accounts.linked.time_zones import time_zones
from accounts.people.forms import TIME_ZONES_LIST, APITokenForm, TimeZoneForm
from accounts.tokens.selectors import api_tokens_of
from accounts.tokens.services import TooManyTokens, create_api_token, revoke_api_token
from config.languages.told import told
from config.rate_limits import Limit, rate_limited
from privacy.people import SIGN_IN_AGAIN, signed_in_lately


@require_safe
@never_cache
@login_required
def settings(request: SignedInRequest) -> HttpResponse:
    """Show the settings page."""
    return _settings_page(request)


@require_POST
@never_cache
@login_required
@rate_limited(Limit.TOKEN)
def create_token(request: SignedInRequest) -> HttpResponse:
    """Make an API token and answer with the page itself: a redirect would need the plain token to be stored."""
    if not signed_in_lately(request):
        messages.error(request, told(SIGN_IN_AGAIN))
        return redirect("accounts:settings")
    form = APITokenForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, token_form=form)
    chosen = form.cleaned_data
    try:
        token, plain = create_api_token(
            user=request.user,
            name=chosen["name"],
            scopes=chosen["access"],
            expires_at=timezone.now() + timedelta(days=chosen["days"]),
        )
    except TooManyTokens as error:
        form.add_error("name", told(error))
        return _settings_page(request, token_form=form)
    return _settings_page(request, new_token=plain, new_token_name=token.name)


@require_POST
@login_required
def revoke_token(request: SignedInRequest, token_id: int) -> HttpResponse:
    """Revoke one of the person's API tokens."""
    token = get_object_or_404(api_tokens_of(request.user), pk=token_id)
    revoke_api_token(token=token, now=timezone.now())
    messages.success(request, format_html(gettext("The token “<bdi>{}</bdi>” is revoked."), token.name))
    return redirect("accounts:settings")


@require_POST
@never_cache
@login_required
def set_time_zone(request: SignedInRequest, account_id: str) -> HttpResponse:
    """Store the time zone of a TikTok account."""
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    form = TimeZoneForm(request.POST, account=account)
    if not form.is_valid():
        return _settings_page(request, zone_form=form)
    choose_time_zone(account_id=account.pk, name=form.cleaned_data["time_zone"])
    messages.success(
        request, gettext("The time zone is saved. What was learned of your hours follows in a few minutes.")
    )
    return redirect("accounts:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def disconnect(request: SignedInRequest, account_id: str) -> HttpResponse:
    """Ask whether to disconnect a TikTok account, and disconnect it."""
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    if request.method == "POST":
        disconnect_account(account_id=account.pk, now=timezone.now())
        messages.success(request, gettext("The TikTok account is disconnected."))
        return redirect("accounts:settings")
    return render(request, "accounts/disconnect.html", {"account": account})


def _settings_page(
    request: SignedInRequest,
    *,
    token_form: APITokenForm | None = None,
    zone_form: TimeZoneForm | None = None,
    **context: str,
) -> HttpResponse:
    """Render the page, with a form that has errors in place of an empty one."""
    linked = linked_accounts(request.user)
    zone_forms = [TimeZoneForm(account=each.account) for each in linked]
    return render(
        request,
        "accounts/settings.html",
        {
            "accounts": linked,
            "zone_forms": [
                zone_form if zone_form and zone_form.account == each.account else each for each in zone_forms
            ],
            "time_zones": time_zones(),
            "time_zones_list": TIME_ZONES_LIST,
            "tokens": api_tokens_of(request.user),
            "token_form": token_form or APITokenForm(),
            **context,
        },
    )
