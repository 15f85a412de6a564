"""Why a member of staff looks at people's data: asked for first, remembered for half an hour, written in the trail."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

KEY = "reason"
LASTS = timedelta(minutes=30)
FEWEST_WORDS = 3


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        label="Why do you need to see people's data?",
        help_text="For example: ticket 4711, asks why a forecast is far off. The people concerned can read this.",
        widget=forms.TextInput({"size": 80, "autofocus": True}),
    )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if len(reason.split()) < FEWEST_WORDS:
            raise forms.ValidationError("Please say it in a few words: at least three.")
        return reason


def reason_of(request: HttpRequest) -> str:
    """The reason that was given within the last half hour; empty where there is none."""
    given = request.session.get(KEY)
    if not given or given["until"] < timezone.now().timestamp():
        return ""
    return str(given["reason"])


@require_http_methods(["GET", "HEAD", "POST"])
def give_reason(request: HttpRequest) -> HttpResponse:
    """Ask for the reason, and go on to where they wanted to."""
    form = ReasonForm(request.POST or None, initial={"reason": reason_of(request)})
    wanted = request.GET.get("next", "")
    if form.is_valid():
        until = (timezone.now() + LASTS).timestamp()
        request.session[KEY] = {"reason": form.cleaned_data["reason"], "until": until}
        is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        return redirect(wanted if is_ours else "admin:index")
    return render(request, "admin/privacy/reason.html", {"form": form, "title": "Before you look at people's data"})
