"""The form of a link."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from predictions.sharing.services import LONGEST_DAYS, USUAL_DAYS


class ShareForm(forms.Form):
    """Asks for how long a link is to work, and whether it shows captions where some are kept."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("It works for"),
        coerce=int,
        initial=USUAL_DAYS,
        choices=[
            (7, gettext_lazy("7 days")),
            (USUAL_DAYS, gettext_lazy("30 days")),
            (LONGEST_DAYS, gettext_lazy("90 days")),
        ],
    )
    with_caption = forms.BooleanField(label=gettext_lazy("Show captions and hashtags"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].widget.attrs["class"] = "input"
