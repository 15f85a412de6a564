"""Forms of the settings page."""

from django import forms

from accounts.models import APIToken, User


class KeepDraftsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["keep_drafts"]
        labels = {"keep_drafts": "Keep the text of my drafts and captions"}
        help_texts = {"keep_drafts": "Turned off again, every text that was kept is erased at once."}


class APITokenForm(forms.Form):
    name = forms.CharField(
        max_length=APIToken._meta.get_field("name").max_length,
        label="What is it for?",
        help_text="A name to tell it apart by, such as “laptop script”.",
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )
