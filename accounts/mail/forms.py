"""Forms of the page of e-mail."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Notice
from accounts.telling.words import KIND_WORDS

USUAL = (Notice.Kind.CONNECTION_LOST, Notice.Kind.EXPORT_READY, Notice.Kind.WEEKLY_REPORT)
"""Kinds that are chosen at first: what needs the person, and once a week."""


class MailKindsForm(forms.Form):
    """The kinds of notices that are sent by e-mail."""

    kinds = forms.MultipleChoiceField(
        label=_("Write to me about"),
        choices=list(KIND_WORDS.items()),
        initial=[kind.value for kind in USUAL],
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"required": _("Choose one at least, or remove the address.")},
    )


class MailAddressForm(MailKindsForm):
    """An address, given with consent."""

    address = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput({"class": "input", "autocomplete": "email"})
    )
    agree = forms.BooleanField(error_messages={"required": _("Without your consent nothing is sent.")})
    field_order = ["address", "kinds", "agree"]
