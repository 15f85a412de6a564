"""The form that reports a suggestion."""

from django import forms

from predictions.models import SuggestionReport


class ReportForm(forms.Form):
    """Why a suggestion is bad."""

    reason = forms.ChoiceField(choices=SuggestionReport.Reason.choices)
    text = forms.CharField(required=False, max_length=SuggestionReport._meta.get_field("text").max_length)
