"""The form of a draft's page: the draft, its variants, and when to remind of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import TikTokAccount
from posts.content.pictures import DraftCover
from predictions.forecasts.forms import (
    DATETIME_LOCAL,
    MAX_CAPTION,
    DraftForm,
    LocalTimeField,
    TypedTextField,
    next_full_hour,
)
from predictions.forecasts.serializers import FURTHEST_AHEAD
from predictions.models import SavedDraft
from predictions.plan.services import MOST_VARIANTS, Changes, PlannedVariant

LETTERS = "BCD"[:MOST_VARIANTS]
"""The variants beside the draft itself, which is A."""


class PlanForm(DraftForm):
    """A draft with its variants and its reminder; `forecast` says whether it must have a time."""

    remind_at = LocalTimeField(
        required=False,
        label=gettext_lazy("Remind me to post it"),
        help_text=gettext_lazy("A note on your overview and your plan from then on, and a notification."),
    )
    draft = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: TikTokAccount, forecast: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["publish_at"].required = forecast
        times = {"account": account, "user": account.user}
        self.fields["publish_at"].help_text = render_to_string("shared/times_sentence.html", times)
        for letter in LETTERS:
            self.fields[f"variant_{letter}"] = TypedTextField(
                required=False,
                strip=False,
                max_length=MAX_CAPTION,
                label=_("Variant %(letter)s") % {"letter": letter},
                widget=forms.Textarea({"class": "input input--short", "rows": 2, "dir": "auto", "autocomplete": "off"}),
            )
            self.fields[f"variant_{letter}_at"] = LocalTimeField(
                required=False, label=_("Another time for %(letter)s") % {"letter": letter}
            )

    @property
    def variant_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each variant: its caption and its time."""
        return [(self[f"variant_{letter}"], self[f"variant_{letter}_at"]) for letter in LETTERS]

    def clean_remind_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["remind_at"]
        if moment and moment > timezone.now() + FURTHEST_AHEAD:
            raise ValidationError(_("This is more than a year ahead."))
        return moment

    def variants(self) -> list[tuple[str, PlannedVariant]]:
        """Return the letter and the variant of each that has a caption or a time of its own."""
        given = []
        for letter in LETTERS:
            caption = self.cleaned_data.get(f"variant_{letter}") or ""
            moment = self.cleaned_data.get(f"variant_{letter}_at")
            if caption or moment:
                given.append((letter, PlannedVariant(caption or self.cleaned_data.get("caption", ""), moment)))
        return given

    def changes(self) -> Changes:
        """Return what the form says of the draft, as far as it is sound: the other members stay as they are."""
        changes: Changes = {}
        sound = self.cleaned_data
        if "caption" in sound:
            changes["caption"] = sound["caption"]
        if "publish_at" in sound:
            changes["publish_at"] = sound["publish_at"]
        if "duration_s" in sound:
            changes["duration_s"] = sound["duration_s"]
        if "remind_at" in sound:
            changes["remind_at"] = sound["remind_at"]
        if not any(name.startswith("variant_") for name in self.errors):
            changes["variants"] = [variant for _, variant in self.variants()]
        return changes


def initial_of(draft: SavedDraft | None) -> dict[str, Any]:
    """Return the initial values of the form of a draft, or of a new one."""
    if draft is None:
        return {"publish_at": next_full_hour()}
    values: dict[str, Any] = {
        "caption": draft.caption,
        "publish_at": draft.publish_at,
        "duration_s": draft.duration_s,
        "remind_at": draft.remind_at,
        "draft": draft.public_id,
        "version": draft.version,
    }
    for letter, variant in zip(LETTERS, draft.variants, strict=False):
        moment = variant["publish_at"]
        values[f"variant_{letter}"] = variant["caption"]
        values[f"variant_{letter}_at"] = datetime.fromisoformat(moment) if moment else None
    return values


def data_of(draft: SavedDraft | None, changed: Mapping[str, str]) -> dict[str, str]:
    """Return the data of the draft's form with some of its fields as they were sent."""
    return {name: _written(value) for name, value in initial_of(draft).items()} | dict(changed)


def kept_cover(draft: SavedDraft | None) -> DraftCover | None:
    """Return the measures of the draft's cover; None without any, and for those that another release measured."""
    return DraftCover.from_json(draft.cover) if draft and draft.cover else None


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime(DATETIME_LOCAL)
    return "" if value is None else str(value)
