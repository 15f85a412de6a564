"""The reason for which staff look at people's data: asked for first, kept for half an hour, written in the trail."""

from datetime import timedelta

from django import forms
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.next_page import lead_on
from privacy.declarations.registry import tables

KEY = "reason"
LASTS = timedelta(minutes=30)
FEWEST_WORDS = 3
LONGEST_NAME = 4
"""Words in the longest name that is looked for."""
AROUND_NAMES = ".,;:!?()[]\"'“”‘’@"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        label="Why do you need to see people's data?",
        help_text="For example: ticket 4711, asks why a forecast is far off. Name nobody: the people concerned can "
        "read this, and it stays when they are gone. Ids, addresses and numbers of seven digits or more are taken out.",
        widget=forms.TextInput({"size": 80, "autofocus": True}),
    )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if len(reason.split()) < FEWEST_WORDS:
            raise forms.ValidationError("Please say it in a few words: at least three.")
        if name := _named_in(reason):
            raise forms.ValidationError(
                f"Please name nobody: “{name}” is somebody here. Whose data you look at is written down without that."
            )
        return reason


def _named_in(reason: str) -> str | None:
    """Return a name or an id of somebody here that appears in the reason.

    Plain words in small letters are let through: half of the dictionary is somebody's name on TikTok.
    """
    words = reason.split()
    parts = {" ".join(words[at : at + count]) for at in range(len(words)) for count in range(1, LONGEST_NAME + 1)}
    names = {name for part in parts if _is_distinctive(name := part.strip(AROUND_NAMES))}
    for table in tables():
        for column in (*table.identifying, *table.called):
            rows = apps.get_model(table.model)._base_manager.filter(
                **{f"{column}__in": names | set(map(str.lower, names))}
            )
            if match := rows.values_list(column, flat=True).first():
                return str(match)
    return None


def _is_distinctive(name: str) -> bool:
    return len(name) > 3 and not (name.isalpha() and name.islower())


def reason_of(request: HttpRequest) -> str:
    """Return the reason that was stated within the last half hour; empty if there is none."""
    stated = request.session.get(KEY)
    if not stated or stated["until"] < timezone.now().timestamp():
        return ""
    return str(stated["reason"])


@require_http_methods(["GET", "HEAD", "POST"])
def give_reason(request: HttpRequest) -> HttpResponse:
    """Ask for the reason, then redirect to the page that needed it."""
    form = ReasonForm(request.POST or None, initial={"reason": reason_of(request)})
    wanted = request.GET.get("next", "")
    if form.is_valid():
        until = (timezone.now() + LASTS).timestamp()
        request.session[KEY] = {"reason": form.cleaned_data["reason"], "until": until}
        return lead_on(request, wanted, otherwise="admin:index")
    return render(request, "admin/privacy/reason.html", {"form": form, "title": "Before you look at people's data"})
