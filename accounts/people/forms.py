"""Forms of the settings page."""

from django import forms
from django.http import QueryDict

from accounts.linked.time_zones import UnknownTimeZone, require_time_zone
from accounts.models import APIToken, TikTokAccount

TIME_ZONES_LIST = "time-zones"
"""The id of the page's list of names to choose from."""


class APITokenForm(forms.Form):
    name = forms.CharField(
        max_length=APIToken._meta.get_field("name").max_length,
        label="What is it for?",
        help_text="A name to tell it apart by, such as “laptop script”.",
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )


class TimeZoneForm(forms.Form):
    """The time zone of an account; empty: worked out from the hours of its posts."""

    time_zone = forms.CharField(
        required=False,
        max_length=64,
        label="Time zone",
        widget=forms.TextInput(
            {"class": "input", "list": TIME_ZONES_LIST, "autocomplete": "off", "placeholder": "e.g. Europe/Berlin"}
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, account: TikTokAccount) -> None:
        super().__init__(data, initial={"time_zone": account.time_zone}, auto_id=f"id_{account.public_id}_%s")
        self.account = account

    def clean_time_zone(self) -> str:
        try:
            return require_time_zone(self.cleaned_data["time_zone"])
        except UnknownTimeZone as error:
            raise forms.ValidationError(str(error)) from error
