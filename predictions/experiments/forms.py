"""The form that starts an experiment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.languages.told import told
from predictions.engine.experiments.arms import Arms, ImpossibleArms
from predictions.models import Experiment

_WORDS = {
    Experiment.Feature.POST_TIME: _("Two hours of the day"),
    Experiment.Feature.QUESTION: _("A question in the caption, or none"),
    Experiment.Feature.CAPTION_LENGTH: _("A short caption, or a long one"),
    Experiment.Feature.EMOJI: _("Emoji in the caption, or none"),
}
_NUMBER = {"class": "input", "inputmode": "numeric"}


class ExperimentForm(forms.Form):
    """Two ways of posting; those with or without something need no numbers."""

    feature = forms.ChoiceField(
        choices=list(_WORDS.items()), label=_("What do you want to compare?"), widget=forms.Select({"class": "input"})
    )
    first = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        label=_("First"),
        help_text=_("A local hour (0 to 23), or characters. Leave both empty for a question or emoji."),
        widget=forms.NumberInput(_NUMBER),
    )
    second = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        label=_("Second"),
        help_text=_("The other hour or length."),
        widget=forms.NumberInput(_NUMBER),
    )

    def clean(self) -> dict[str, Any]:
        """Add the `arms`."""
        asked: dict[str, Any] = super().clean() or {}
        if self.errors:
            return asked
        needs_numbers = asked["feature"] in (Experiment.Feature.POST_TIME, Experiment.Feature.CAPTION_LENGTH)
        first, second = (asked["first"], asked["second"]) if needs_numbers else (0, 1)
        if first is None or second is None:
            raise forms.ValidationError(_("Give both: two hours, or two lengths in characters."))
        try:
            asked["arms"] = Arms(asked["feature"], first, second)
        except ImpossibleArms as error:
            raise forms.ValidationError(told(error)) from error
        return asked
