"""Pages of e-mail: the address and its kinds, the link that confirms it, and the one that removes it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.linked.switcher import SignedInRequest
from accounts.mail import services
from accounts.mail.forms import MailAddressForm, MailKindsForm
from accounts.models import MailAddress
from config.rate_limits import Limit, rate_limited
from privacy.models import AccessEvent, Through
from privacy.trail.acting import Acting, acting


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.CHANGE)
def mail(request: SignedInRequest) -> HttpResponse:
    """Show the person's address; give one, change its kinds, remove it. 404 where the service sends no e-mail."""
    if not settings.MAIL_OFFERED:
        raise Http404
    kept = MailAddress.objects.filter(user=request.user).first()
    form = MailKindsForm(initial={"kinds": kept.kinds}) if kept else MailAddressForm()
    if request.method == "POST":
        if "remove" in request.POST:
            services.remove_address(user_id=request.user.pk)
            messages.success(request, _("Your address is removed. Nothing more is sent there."))
            return redirect("accounts:mail")
        form = MailKindsForm(request.POST) if kept else MailAddressForm(request.POST)
        if form.is_valid():
            chosen = form.cleaned_data
            if kept:
                services.change_kinds(kept=kept, kinds=chosen["kinds"])
                messages.success(request, _("Saved."))
            else:
                services.give_address(user=request.user, address=chosen["address"], kinds=chosen["kinds"])
                messages.success(request, _("We have sent you a link: open it to confirm the address."))
            return redirect("accounts:mail")
    return render(request, "telling/mail.html", {"kept": kept, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def confirm_mail(request: SignedInRequest, token: str) -> HttpResponse:
    """Ask whoever opened the link, signed in, to confirm the address: programs that look at links confirm nothing."""
    if request.method != "POST":
        return render(request, "telling/confirm_mail.html")
    if services.confirm_address(user=request.user, token=token):
        messages.success(request, _("Your address is confirmed."))
    else:
        messages.error(request, _("This link has ended, or is not for you. Give the address again."))
    return redirect("accounts:mail")


@require_http_methods(["GET", "HEAD", "POST"])
def remove_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Remove the address to which the link was sent, without a sign-in."""
    kept = services.owner_of(token)
    if request.method == "POST" and kept:
        # whoever reads the messages is their person
        with acting(lambda: Acting(AccessEvent.Actor.PERSON, "", Through.PAGE)):
            services.remove_address(user_id=kept.user_id)
        kept = None
    return render(request, "telling/remove_mail.html", {"is_kept": kept is not None})
