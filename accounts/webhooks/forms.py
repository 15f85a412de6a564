"""Forms of the pages of webhooks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.telling.words import KIND_WORDS
from accounts.webhooks.addresses import LONGEST, UnusableAddress, require_address


class KindsForm(forms.Form):
    """The kinds of notices that a webhook gets."""

    kinds = forms.MultipleChoiceField(
        label=_("Send it these"),
        choices=list(KIND_WORDS.items()),
        initial=list(KIND_WORDS),
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"required": _("Choose one at least.")},
    )


class WebhookForm(KindsForm):
    """A webhook to add."""

    url = forms.CharField(
        max_length=LONGEST,
        label=_("Address of your program"),
        help_text=_("It begins with https:// and is reachable from the internet."),
        widget=forms.TextInput(
            {"class": "input", "type": "url", "inputmode": "url", "autocomplete": "off", "placeholder": "https://"}
        ),
    )
    field_order = ["url", "kinds"]

    def clean_url(self) -> str:
        try:
            return require_address(self.cleaned_data["url"])
        except UnusableAddress as error:
            raise forms.ValidationError(str(error)) from error
