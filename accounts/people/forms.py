"""Forms of the settings page."""

from django import forms

from accounts.models import APIToken


class APITokenForm(forms.Form):
    name = forms.CharField(
        max_length=APIToken._meta.get_field("name").max_length,
        label="What is it for?",
        help_text="A name to tell it apart by, such as “laptop script”.",
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )
