"""The feedback form beside a forecast."""

from django import forms
from django.forms.models import model_to_dict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from config.languages.told import told_lazy
from predictions.forecasts.forms import TypedTextField
from predictions.models import Feedback


class FeedbackForm(forms.Form):
    """A person's verdict on a forecast."""

    verdict = forms.ChoiceField(
        choices=[(value, told_lazy(label)) for value, label in Feedback.Verdict.choices],
        label=_("This forecast is"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say which of the two.")},
    )
    reason = forms.ChoiceField(
        choices=[
            ("", _("Choose a reason")),
            *((value, told_lazy(label)) for value, label in Feedback.Reason.choices),
        ],
        label=_("Why?"),
        widget=forms.Select({"class": "input"}),
        error_messages={"required": _("Choose what comes nearest.")},
    )
    text = TypedTextField(
        required=False,
        max_length=Feedback._meta.get_field("text").max_length,
        label=_("In your own words (optional)"),
        help_text=_("Read by the staff of this service, and erased when you take it back or stop keeping texts."),
        widget=forms.Textarea({"class": "input input--short", "rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": _("Keep it to %(limit_value)d characters; this has %(show_value)d.")},
    )

    @classmethod
    def of_forecast(
        cls, feedback: Feedback | None, data: QueryDict | None = None, *, keeps_texts: bool
    ) -> "FeedbackForm":
        """Return the form, filled with earlier feedback; without the text for people who keep none."""
        form = cls(data, auto_id="id_feedback_%s", initial=model_to_dict(feedback) if feedback else None)
        if not keeps_texts:
            del form.fields["text"]
        return form
