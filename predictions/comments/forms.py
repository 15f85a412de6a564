"""The form of a comment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from predictions.models.comments import MAX_COMMENT


class _Lines(forms.CharField):
    """Text of several lines; browsers send an end of line as two characters, and people count one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Set no `maxlength`: browsers would cut what is pasted, and say nothing of it."""
        return {"data-most": MAX_COMMENT}


class CommentForm(forms.Form):
    """Takes a comment."""

    comment = _Lines(
        label=gettext_lazy("Your comment"),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 3, "dir": "auto"}),
        error_messages={
            "required": gettext_lazy("Write something first."),
            "max_length": gettext_lazy(
                "Your comment has %(show_value)d characters, and %(limit_value)d fit. Shorten it, then add it."
            ),
        },
    )
