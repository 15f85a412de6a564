"""The question for the time zone on the first page of consents: the browser's own is filled in there."""

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext

from accounts.linked.selectors import accounts_of
from accounts.linked.services import choose_time_zone
from accounts.linked.time_zones import UnknownTimeZone, time_zones
from accounts.models import User
from config.languages.told import told
from privacy.consent.questions import Question, register_question

FIELD = "time_zone"


def ask(request: HttpRequest) -> str:
    """Return the field; empty for a person without an account whose zone is open."""
    if not _open_accounts(request):
        return ""
    return render_to_string("accounts/time_zone_question.html", {"field": FIELD, "time_zones": time_zones()})


def save(request: HttpRequest) -> None:
    """Choose the zone for the person's accounts that have none; a name that is no zone's is told, and left out."""
    name = request.POST.get(FIELD, "").strip()
    if not name:
        return
    try:
        for account_id in _open_accounts(request):
            choose_time_zone(account_id=account_id, name=name)
    except UnknownTimeZone as error:
        messages.warning(request, gettext("%(problem)s You can choose one in the settings.") % {"problem": told(error)})


def _open_accounts(request: HttpRequest) -> list[int]:
    user = request.user
    assert isinstance(user, User)
    return list(accounts_of(user).filter(time_zone="").values_list("pk", flat=True))


register_question(Question(ask, save))
