"""Forms of the settings page."""

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.linked.time_zones import UnknownTimeZone, require_time_zone
from accounts.models import APIToken, TikTokAccount
from accounts.tokens.services import LONGEST_DAYS, USUAL_DAYS
from config.api.scopes import Scope
from config.languages.told import told

TIME_ZONES_LIST = "time-zones"
"""The id of the page's list of names to choose from."""
_READING = [Scope.FORECASTS_READ, Scope.POSTS_READ, Scope.ACCOUNT_READ]
ACCESS: dict[str, tuple[Promise, list[Scope]]] = {
    "forecasts": (_("Read and forecast"), [*_READING, Scope.FORECASTS_WRITE]),
    "reading": (_("Read only"), _READING),
    "everything": (_("Everything that programs may"), list(Scope)),
}
"""Choices of a token's permissions on the page: words, and the scopes they stand for."""
USUAL_ACCESS = "forecasts"


def _days(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


# `ngettext_lazy(...) % ...` would be written once, in the language of whoever asks first
_in_words = lazy(_days, str)


class APITokenForm(forms.Form):
    name = forms.CharField(
        max_length=APIToken._meta.get_field("name").max_length,
        label=_("What is it for?"),
        help_text=_("A name to tell it apart by, such as “laptop script”."),
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )
    access = forms.ChoiceField(
        required=False,
        label=_("What may it do?"),
        choices=[(name, words) for name, (words, _) in ACCESS.items()],
        initial=USUAL_ACCESS,
        widget=forms.Select({"class": "input"}),
    )
    days = forms.TypedChoiceField(
        required=False,
        label=_("For how long?"),
        choices=[(days, _in_words(days)) for days in (30, USUAL_DAYS, LONGEST_DAYS)],
        coerce=int,
        empty_value=USUAL_DAYS,  # type: ignore[arg-type]  # Django takes any value
        initial=USUAL_DAYS,
        widget=forms.Select({"class": "input"}),
    )

    def clean_access(self) -> list[Scope]:
        """Return the scopes of what was chosen."""
        return ACCESS[self.cleaned_data["access"] or USUAL_ACCESS][1]


class TimeZoneForm(forms.Form):
    """The time zone of an account; empty: worked out from the hours of its posts."""

    time_zone = forms.CharField(
        required=False,
        max_length=64,
        label=_("Time zone"),
        widget=forms.TextInput(
            {"class": "input", "list": TIME_ZONES_LIST, "autocomplete": "off", "placeholder": _("e.g. Europe/Berlin")}
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, account: TikTokAccount) -> None:
        super().__init__(data, initial={"time_zone": account.time_zone}, auto_id=f"id_{account.public_id}_%s")
        self.account = account

    def clean_time_zone(self) -> str:
        try:
            return require_time_zone(self.cleaned_data["time_zone"])
        except UnknownTimeZone as error:
            raise forms.ValidationError(told(error)) from error
