"""The page on which a person sees where they are signed in, and ends that."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from accounts.linked.switcher import SignedInRequest
from accounts.sign_in.sessions import end, sign_ins_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sessions(request: SignedInRequest) -> HttpResponse:
    """List the person's sessions; end one of them, or all but this one."""
    own = sign_ins_of(request.user)
    here = request.session.session_key
    if request.method != "POST":
        return render(request, "accounts/sessions.html", {"sign_ins": own.select_related("session"), "here": here})
    chosen = request.POST.get("end", "")
    if chosen == "others":
        ended = end(own.exclude(session_id=here))
        words = ngettext("%(number)s other sign-in ended.", "%(number)s other sign-ins ended.", ended)
        messages.success(request, words % {"number": ended})
    elif chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        if own.filter(pk=chosen, session_id=here).exists():
            logout(request)
            return redirect("accounts:welcome")
        if end(own.filter(pk=chosen)):
            messages.success(request, gettext("That sign-in is ended."))
    return redirect("accounts:sessions")
