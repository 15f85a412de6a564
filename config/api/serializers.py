"""Serializers that take nothing on trust: unknown members are refused by name, and no value changes its type.

Every serializer of the API derives from `Serializer` or `ModelSerializer` of this module.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from config.api.moments import EXPECTED, is_moment
from config.api.names import shown, unknown_name

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)

MOST_ERRORS = 20
"""Members or items of one object or list that are told as wrong; a body can hold a hundred thousand."""
_LARGEST = 1e308
_SAID = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number with a fraction",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_EXPECTED: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "a boolean: true or false"),
    (serializers.IntegerField, (int,), "an integer"),
    (serializers.FloatField, (int, float), "a number"),
    (serializers.DateTimeField, (str,), "a string with a date and a time, such as 2026-12-01T18:00:00Z"),
    (serializers.CharField, (str,), "a string"),
    (serializers.ChoiceField, (str,), "a string"),
    (serializers.ListField, (list,), "a list"),
    (serializers.DictField, (dict,), "an object"),
)
"""Fields -> the types that JSON must give them. DRF would turn 5 into "5", "5" into 5 and "yes" into true."""


class StrictMixin:
    """Refuses members that are not known or cannot be set, and values of another JSON type, each by its name."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the validated members; raises ValidationError, also for a body that is null."""
        inherited: Any = super()
        if data is None and self.parent is None:  # type: ignore[attr-defined]
            return self.to_internal_value(data)
        return inherited.run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated members; raises ValidationError with every refused one."""
        inherited: Any = super()
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": [f"Expected an object; got {_SAID[type(data)]}."]})
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        settable = {name for name, field in fields.items() if not field.read_only}
        errors: dict[str, Any] = {}
        for name in data:
            if len(errors) == MOST_ERRORS:
                break
            if name in settable:
                if error := type_error(fields[name], data[name]):
                    errors[name] = error
            elif name in fields:
                errors[name] = [f"`{name}` cannot be set."]
            else:
                errors[shown(name)] = [unknown_name(name, settable)]
        if not errors:
            return inherited.to_internal_value(data)
        try:
            inherited.to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **errors}) from error
        raise ValidationError(errors)


class Serializer(StrictMixin, serializers.Serializer[T]):
    """Base of serializers of anything."""


class ModelSerializer(StrictMixin, serializers.ModelSerializer[M]):
    """Base of serializers of a model."""


class NoMembers(Serializer[Any]):
    """The body of operations that take none: empty, or an empty object."""


def type_error(field: Any, value: Any) -> Any:
    """Return what is wrong with the JSON type of a value, for each item of a list or object; None if nothing is."""
    expected = next((each for each in _EXPECTED if isinstance(field, each[0])), None)
    if value is None or expected is None:
        return None
    _, types, words = expected
    if type(value) not in types:
        return [f"Expected {words}; got {_SAID[type(value)]}."]
    if isinstance(field, serializers.DateTimeField) and not is_moment(value):
        return [EXPECTED]
    if isinstance(field, serializers.FloatField) and abs(value) > _LARGEST:
        return ["This number is too large."]
    if not isinstance(value, (list, dict)):
        return None
    items = enumerate(value) if isinstance(value, list) else value.items()
    errors = ((key, error) for key, item in items if (error := type_error(field.child, item)))
    return dict(islice(errors, MOST_ERRORS)) or None
