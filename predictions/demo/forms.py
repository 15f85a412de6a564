"""The form of a draft in the demo: the composer's, without what it would keep or read."""

from typing import Any

from django import forms
from django.utils.translation import gettext

from predictions.demo.creator import CITY
from predictions.forecasts.forms import DraftForm


class DemoDraftForm(DraftForm):
    """A caption, the creator's local time and a length. A picture would have to be read; none is taken."""

    cover = None  # type: ignore[assignment]  # Django's way to leave a field out
    within = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        caption, moment, length = (self.fields[name] for name in ("caption", "publish_at", "duration_s"))
        caption.help_text = gettext("With its #hashtags, as you would post it.")
        caption.widget.attrs["rows"] = 4
        moment.label = gettext("Date and time in %(city)s") % {"city": CITY}
        length.label = gettext("Length in seconds")
        length.widget = forms.NumberInput({"class": "input", "inputmode": "numeric", "min": 1, "max": 3_600})
