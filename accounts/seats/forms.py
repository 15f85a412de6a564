"""The form of an invitation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import Seat
from accounts.models.seats import MAX_NAME


class InviteForm(forms.Form):
    """Asks whom the owner invites, and as what."""

    name = forms.CharField(
        label=gettext_lazy("What you call them"),
        max_length=MAX_NAME,
        help_text=gettext_lazy("For your own lists. They can see it too."),
    )
    role = forms.TypedChoiceField(
        label=gettext_lazy("They may"),
        coerce=Seat.Role,
        initial=Seat.Role.VIEWER,
        choices=[
            (Seat.Role.VIEWER, gettext_lazy("look and comment (viewer)")),
            (Seat.Role.EDITOR, gettext_lazy("also write drafts and forecast them (editor)")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
