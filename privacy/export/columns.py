"""The columns of an archive's files: what they mean, and their types in JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.declarations.kinds import Table
from privacy.models import AccessEvent

NOT_TEXT: dict[str, tuple[type, ...]] = {
    "boolean": (models.BooleanField,),
    "integer": (models.IntegerField, models.AutoField, models.ForeignKey),
    "number": (models.FloatField,),
    "array": (ArrayField,),
}
"""Type of JSON -> fields that are exported as such. A JSONField can be anything; all others are exported as texts."""
OF_JSON = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    NoneType: "null",
}


@dataclass(frozen=True, slots=True)
class Column:
    """The meaning of a column, and its types in JSON; none if it can be anything."""

    meaning: str
    types: tuple[str, ...]


def meanings_of(table: Table) -> dict[str, str]:
    """Return the exported columns, every personal one and the stamps, with their meaning."""
    return {**table.personal, **table.stamps}


def columns_of(table: Table) -> dict[str, Column]:
    """Return the exported columns of the table."""
    model = apps.get_model(table.model)
    return {
        column: Column(meaning, _returned(table.exported[column]) if column in table.exported else _type(model, column))
        for column, meaning in meanings_of(table).items()
    }


def _returned(exported: Callable[[Any], object]) -> tuple[str, ...]:
    """Return the types that the function is annotated to return, e.g. `list[float]` or `list[int] | None`."""
    returned = get_type_hints(exported)["return"]
    kinds = get_args(returned) if get_origin(returned) is UnionType else (returned,)
    return tuple(OF_JSON[get_origin(kind) or kind] for kind in kinds)


def _type(model: type[models.Model], column: str) -> tuple[str, ...]:
    [field] = [each for each in model._meta.concrete_fields if column in (each.column, each.name)]
    if isinstance(field, models.JSONField):
        return ()
    kind = next((name for name, fields in NOT_TEXT.items() if isinstance(field, fields)), "string")
    return (kind, "null") if field.null else (kind,)


TRAIL_FILE = "who-looked"
TRAIL_MEANINGS = {
    "at": "When",
    "actor_kind": "Who: you, staff, a task, an operator, TikTok, or somebody with your link or a seat at your account",
    "action": "Read, changed, exported, erased, consent given or withdrawn, or refused to staff",
    "what": "What",
    "through": "Through what",
    "why": "The reason that staff gave",
}
TRAIL_COLUMNS = {column: Column(meaning, _type(AccessEvent, column)) for column, meaning in TRAIL_MEANINGS.items()}
