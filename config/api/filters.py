"""Filters of lists: `true`, `false` and moments exactly, and every other value is refused with the parameter's name."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from config.api.moments import EXPECTED, is_moment


class MomentField(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    """A moment in UTC: ISO 8601 allows offsets from it that PostgreSQL does not know."""

    def clean(self, value: Any) -> datetime | None:
        """Return the moment; raises ValidationError."""
        if value and not is_moment(str(value).strip()):
            raise ValidationError(EXPECTED, code="invalid")
        moment: datetime | None = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(EXPECTED, code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


class TruthField(forms.Field):
    """`true` or `false`, and nothing else."""

    def to_python(self, value: Any) -> bool | None:
        """Return the boolean, None for an absent one; raises ValidationError."""
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise ValidationError("This is no boolean; expected true or false.", code="invalid")
        return bool(value == "true")


class TruthFilter(django_filters.BooleanFilter):  # type: ignore[misc]
    """A BooleanFilter that refuses a third value instead of ignoring it."""

    field_class = TruthField

    def __init__(self, *args: Any, **options: Any) -> None:
        # Django's widget for it turns what it does not know into None
        super().__init__(*args, **{"widget": forms.TextInput, **options})
