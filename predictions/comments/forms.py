"""The form of a comment."""

from django import forms
from django.utils.translation import gettext_lazy

from predictions.models.comments import MAX_COMMENT


class CommentForm(forms.Form):
    """Takes a comment."""

    comment = forms.CharField(
        label=gettext_lazy("Your comment"),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 3, "dir": "auto"}),
    )
