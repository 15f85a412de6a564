"""Add and remove devices from the page of notices."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.devices import device_of
from accounts.linked.switcher import SignedInRequest
from accounts.push import services, vapid
from accounts.push.encryption import UnusableKeys
from accounts.push.forms import SubscriptionForm
from accounts.push.selectors import subscriptions_of
from accounts.webhooks.addresses import UnusableAddress
from config.rate_limits import Limit, rate_limited


@require_POST
@login_required
@rate_limited(Limit.CHANGE)
def change_devices(request: SignedInRequest) -> HttpResponse:
    """Add the browser's subscription, or remove the device whose button was pressed. 404 where none is told."""
    if not vapid.is_offered():
        raise Http404
    if "remove" in request.POST:
        own = get_object_or_404(subscriptions_of(request.user), public_id=request.POST["remove"])
        services.remove_subscription(subscription=own)
        messages.success(request, _("That device is told nothing more."))
    else:
        _add(request)
    return redirect("accounts:notifications")


def _add(request: SignedInRequest) -> None:
    form = SubscriptionForm(request.POST)
    device = device_of(request.headers.get("User-Agent", ""))
    try:
        if not form.is_valid():
            raise UnusableKeys
        services.add_subscription(
            user=request.user, device=device, language=get_language() or settings.LANGUAGE_CODE, **form.cleaned_data
        )
    except services.TooManySubscriptions as error:
        messages.error(request, str(error))
    except (UnusableAddress, UnusableKeys):
        messages.error(request, _("This browser could not be added. Try another one."))
    else:
        messages.success(request, _("This device will be told."))
