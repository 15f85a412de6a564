"""Forms of the page that writes captions: the brief with its limits, and the brand's words."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from predictions.captions.serializers import MAX_BRIEF, MOST_HASHTAGS
from predictions.captions.services import USUAL_ETA
from predictions.captions.writing.candidates import LONGEST, SHORTEST
from predictions.captions.writing.moderation import BrandLists
from predictions.forecasts.forms import TypedTextField
from predictions.models.captions import LONGEST_PHRASE, MOST_PHRASES

RANKS = {"both": USUAL_ETA, "voice": 0.0}
"""A choice of the page -> eta."""


class BriefForm(forms.Form):
    """A brief and what captions have to keep to."""

    brief = TypedTextField(
        label=gettext_lazy("What is the post about?"),
        max_length=MAX_BRIEF,
        help_text=gettext_lazy("Write what happens and every fact that counts. Nothing else is added."),
        widget=forms.Textarea({"class": "input input--short", "rows": 3, "dir": "auto", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Write a few words about the post."),
            "max_length": gettext_lazy("Write at most 1,000 characters; this has %(show_value)s."),
        },
    )
    rank = forms.ChoiceField(
        label=gettext_lazy("Show first"),
        choices=[
            ("both", gettext_lazy("what sounds like me and may do better than usual")),
            ("voice", gettext_lazy("what sounds most like me")),
        ],
        initial="both",
        widget=forms.RadioSelect,
    )
    max_length = forms.IntegerField(
        label=gettext_lazy("Longest (characters)"),
        min_value=SHORTEST,
        max_value=LONGEST,
        initial=150,
        widget=forms.NumberInput({"class": "input", "inputmode": "numeric"}),
    )
    max_hashtags = forms.IntegerField(
        label=gettext_lazy("Most hashtags"),
        min_value=0,
        max_value=MOST_HASHTAGS,
        widget=forms.NumberInput({"class": "input", "inputmode": "numeric"}),
    )
    seed = forms.IntegerField(min_value=0, max_value=1_000, initial=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["max_hashtags"].initial = settings.TIKTOK_MAX_HASHTAGS

    @property
    def eta(self) -> float:
        """The weight of the chance to beat the usual."""
        return RANKS[self.cleaned_data["rank"]]


class PhrasesField(forms.CharField):
    """Words or phrases, one a line."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea({"class": "input input--short", "rows": 3, "dir": "auto", "autocomplete": "off"})
        super().__init__(required=False, widget=widget, max_length=MOST_PHRASES * (LONGEST_PHRASE + 2), **options)

    def clean(self, value: Any) -> list[str]:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        phrases = [line for line in lines if line]
        if len(phrases) > MOST_PHRASES:
            raise ValidationError(_("Write at most %(most)d lines.") % {"most": MOST_PHRASES})
        if any(len(phrase) > LONGEST_PHRASE for phrase in phrases):
            raise ValidationError(_("A line may have at most %(most)d characters.") % {"most": LONGEST_PHRASE})
        return phrases


class BrandWordsForm(forms.Form):
    """The two lists of an account."""

    must = PhrasesField(
        label=gettext_lazy("Always there"),
        help_text=gettext_lazy("One a line, such as #ad or a product’s name. Every caption gets them."),
    )
    never = PhrasesField(
        label=gettext_lazy("Never there"), help_text=gettext_lazy("One a line. No caption with them is shown.")
    )

    def lists(self) -> BrandLists:
        """Return the lists of a valid form."""
        return BrandLists(tuple(self.cleaned_data["must"]), tuple(self.cleaned_data["never"]))
