"""The composer's form."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from predictions.forecasts.serializers import FURTHEST_AHEAD, MAX_DURATION_S

MAX_CAPTION = 4_000
MAX_COVER_BYTES = 5 * 1024 * 1024
FURTHEST_BACK = timedelta(hours=1)
"""Tolerated for people who fill the form slowly."""
DATETIME_LOCAL = "%Y-%m-%dT%H:%M"


WITHIN = {
    1: gettext_lazy("a day"),
    2: gettext_lazy("two days"),
    7: gettext_lazy("a week"),
    14: gettext_lazy("two weeks"),
}
"""Days within which times are suggested, in words."""
USUAL_WITHIN = 2


def next_full_hour() -> datetime:
    """Return the next full hour."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


class TypedTextField(forms.CharField):
    """Text with each line break as one character: browsers send two, which would count against the limit."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class LocalTimeField(forms.DateTimeField):
    """A moment in the active time zone; a time that the clocks leave out or show twice is refused in words."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            input_formats=[DATETIME_LOCAL, f"{DATETIME_LOCAL}:%S"],
            widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}, format=DATETIME_LOCAL),
            error_messages={
                "required": gettext_lazy("Say when you plan to publish."),
                "invalid": gettext_lazy("Write a date and a time, such as 2026-12-01T18:00."),
            },
            **options,
        )

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            naive: datetime = (error.params or {})["datetime"]
            zone = timezone.get_current_timezone()
            there = naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
            told = {"time": f"{naive:%H:%M}", "zone": timezone.get_current_timezone_name()}
            if there == naive:
                words = _(
                    "The clocks go back then: %(time)s comes twice in %(zone)s. Choose an earlier or a later time."
                )
            else:
                words = _(
                    "The clocks go forward then: there is no %(time)s in %(zone)s. Choose an earlier or a later time."
                )
            raise ValidationError(words % told, code=error.code) from error


class DraftForm(forms.Form):
    """A draft: its caption, local time, length and cover, and the window of times that may be suggested."""

    caption = TypedTextField(
        label=gettext_lazy("Caption"),
        required=False,
        strip=False,
        max_length=MAX_CAPTION,
        help_text=gettext_lazy("With its #hashtags, as you would post it."),
        widget=forms.Textarea({"class": "input", "rows": 5, "dir": "auto", "autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("TikTok takes at most 4,000 characters; this has %(show_value)s.")},
    )
    publish_at = LocalTimeField(label=gettext_lazy("Date and time"))
    duration_s = forms.IntegerField(
        required=False,
        label=gettext_lazy("Length of the video (seconds)"),
        min_value=1,
        max_value=MAX_DURATION_S,
        widget=forms.NumberInput({"class": "input", "inputmode": "numeric"}),
        error_messages={
            "invalid": gettext_lazy("Write whole seconds, such as 25."),
            "min_value": gettext_lazy("A video lasts at least a second."),
            "max_value": gettext_lazy("TikTok takes videos of up to an hour: 3,600 seconds."),
        },
    )
    cover = forms.FileField(
        label=gettext_lazy("Cover"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG, WebP or GIF, up to 5 MB and 12 megapixels. It is measured, not kept."),
        widget=forms.FileInput({"class": "input", "accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )

    within = forms.TypedChoiceField(
        required=False,
        label=gettext_lazy("Suggest times within"),
        choices=list(WITHIN.items()),
        coerce=int,
        empty_value=USUAL_WITHIN,  # type: ignore[arg-type]  # Django takes any value
        initial=USUAL_WITHIN,
        widget=forms.Select({"class": "input"}),
    )

    def clean_publish_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["publish_at"]
        if moment is None:
            return None
        now = timezone.now()
        if moment < now - FURTHEST_BACK:
            raise ValidationError(_("This is in the past: a forecast is of a post that is still to come."))
        if moment > now + FURTHEST_AHEAD:
            raise ValidationError(_("This is more than a year ahead: too far to forecast."))
        return moment

    def clean_cover(self) -> "UploadedFile[bytes] | None":
        cover: UploadedFile[bytes] | None = self.cleaned_data["cover"]
        if cover is not None and (cover.size or 0) > MAX_COVER_BYTES:
            raise ValidationError(_("This picture is larger than 5 MB. Choose a smaller one."))
        return cover
