"""Declarations of columns, at the columns.

How to declare the columns of a model (`manage.py check` stops on undeclared ones):

    class Draft(PersonalData):
        # the key, unless it is `plain`, and columns of a library's base class; those of ours declare their own
        implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the draft's row here")}

        # a relation is declared in the line below it: mypy types only a relation that is assigned directly
        account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE)
        personal(account, "The account")
        link = personal(models.CharField(max_length=200), "Its address", sought=Sought.INSIDE)
        token = personal(models.BinaryField(), "Whether a token is held", exported=held, sealed=place_of_token)
        state = plain(models.CharField(max_length=8), "how far it is")

Then declare the table in the app's `data_map.py`: `Table("posts.Draft", person="account__user", why=..., ...)`. A
declaration is an attribute of the field: the field keeps its type, subclasses inherit it, and migrations do not see it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from django.db import models

F = TypeVar("F", bound="models.Field[Any, Any]")
_ATTRIBUTE = "_declared_column"


class Kind(Enum):
    PERSONAL = auto()
    PLAIN = auto()
    STAMP = auto()


class Sought(Enum):
    """The way to search for a value that is unique to a person after their erasure."""

    INSIDE = auto()
    """Everywhere, in longer texts too."""
    WHOLE = auto()
    """As a whole value, where a person has thousands of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """The declaration of a column."""

    kind: Kind
    meaning: str
    """In a plain sentence: the export's README and the documents show it."""
    exported: Callable[[Any], object] | None = None
    """Return what is exported of a row in place of the value, e.g. that a token is held; annotated with its type."""
    sealed: Callable[[Any], str] | None = None
    """Return the place that a row's sealed value is bound to (`privacy.sealing`)."""
    identifying: bool = False
    """True where it identifies a person or an account: it enters the ledger of erasures, under its key."""
    sought: Sought | None = None
    called: bool = False
    """True where it holds a name that a person has elsewhere, which others may share: a trace of one proves nothing."""


_KEY = Column(Kind.PLAIN, "key")


def personal(
    field: F,
    meaning: str,
    *,
    exported: Callable[[Any], object] | None = None,
    sealed: Callable[[Any], str] | None = None,
    identifying: bool = False,
    sought: Sought | None = None,
    called: bool = False,
) -> F:
    """Declare that the column is of a person, and what it means, in a plain sentence to them; return the field."""
    return _declare(field, Column(Kind.PERSONAL, meaning, exported, sealed, identifying, sought, called))


def plain(field: F, meaning: str) -> F:
    """Declare that the column says nothing of a person, and what it is; return the field."""
    return _declare(field, Column(Kind.PLAIN, meaning))


def stamp(field: F, meaning: str) -> F:
    """Declare that the column is stamped on each row of a person's data; return the field."""
    return _declare(field, Column(Kind.STAMP, meaning))


def declared_columns(model: type[models.Model]) -> dict[str, Column]:
    """Map the names in the database of the model's columns to their declarations; undeclared ones are left out."""
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    keys = {name: _KEY for name, field in fields.items() if field.auto_created}
    implicit: Mapping[str, Column] = getattr(model, "implicit_columns", {})
    at_fields = {name: getattr(field, _ATTRIBUTE) for name, field in fields.items() if hasattr(field, _ATTRIBUTE)}
    return {**keys, **implicit, **at_fields}


def _declare(field: F, column: Column) -> F:
    setattr(field, _ATTRIBUTE, column)
    return field
