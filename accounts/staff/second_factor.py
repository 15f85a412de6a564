"""The second factor of staff: a code from an authenticator app, or a recovery code, asked for after the password."""

from datetime import timedelta
from typing import Any

import django_otp
import segno
from django import forms
from django.contrib.auth.decorators import user_passes_test
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.staff.tries import one_try
from config.next_page import lead_on
from config.rate_limits import Limit, subjects
from privacy.models import AccessEvent
from privacy.trail.services import record

RECOVERY_CODES = 10
LASTS = timedelta(hours=12)
"""Time that a code holds, before password and code are asked for again: other people's sessions last a month."""


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=16,
        label="Code",
        help_text="Six digits from your authenticator app, or a recovery code.",
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True}),
    )


def _is_staff(user: Any) -> bool:
    return bool(user.is_active and user.is_staff)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@user_passes_test(_is_staff, login_url="admin:login")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code; the first time, show what an authenticator app has to know, and afterwards recovery codes."""
    user = request.user
    assert isinstance(user, User)
    form = CodeForm(request.POST or None)
    enrolled = django_otp.user_has_device(user)
    device = None if enrolled else TOTPDevice.objects.get_or_create(user=user, confirmed=False)[0]
    if form.is_valid():
        code = form.cleaned_data["code"].replace(" ", "")
        with one_try(request, Limit.SECOND_FACTOR, subjects.person(user.pk), user_id=lambda: user.pk) as verdict:
            matched = _match(user, device, code)
            verdict.right = matched is not None
        if matched is not None and enrolled:
            _let_in(request, matched)
            return _go_on(request)
        if matched is not None:
            matched.confirmed = True
            matched.save(update_fields=["confirmed"])
            _let_in(request, matched)
            return render(request, "admin/accounts/recovery_codes.html", {"codes": _recovery_codes(user)})
        form.add_error("code", "This code is not right, or wrong ones came before it. Wait a little, then try again.")
    shown = {"form": form, "title": "Second factor", "device": device}
    if device is not None:
        # the only picture with a secret in it: inline, and never cached
        shown["picture"] = segno.make(device.config_url, error="m").svg_data_uri(scale=5)
    return render(request, "admin/accounts/second_factor.html", shown)


@transaction.atomic
def reset(user: User) -> None:
    """Delete the person's devices and recovery codes: they enrol again after their next password."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    record(action=AccessEvent.Action.CHANGE, subjects=[user.pk], what="second factor, to be set up anew")


def _match(user: User, new_device: TOTPDevice | None, code: str) -> Device | None:
    """Return the device whose code this is: the one to be enrolled, else any of the person's."""
    if new_device is None:
        return django_otp.match_token(user, code)
    return new_device if new_device.verify_token(code) else None


def _let_in(request: HttpRequest, device: Device) -> None:
    """Mark the session as verified; it ends after twelve hours, however busy it is."""
    django_otp.login(request, device)
    request.session.set_expiry(LASTS)


def _recovery_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def _go_on(request: HttpRequest) -> HttpResponse:
    return lead_on(request, request.GET.get("next", ""), otherwise="admin:index")
