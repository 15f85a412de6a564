"""Declarations of columns, at the columns.

How to declare the columns of a model (`manage.py check` stops on undeclared ones):

    class Draft(PersonalData):
        # `id` needs no declaration, and neither do the columns that a base class declares
        account = personal(models.ForeignKey(TikTokAccount, on_delete=models.CASCADE), "The account")
        link = personal(models.CharField(max_length=200), "Its address", sought=Sought.INSIDE)
        token = personal(models.BinaryField(), "Whether a token is held", exported=held, sealed=place_of_token)
        state = plain(models.CharField(max_length=8), "how far it is")

Then declare the table in the app's `data_map.py`: `Table("posts.Draft", person="account__user", why=..., ...)`, without
`personal`, `plain` and what else names columns. A declaration is an attribute of the field: the field keeps its type,
subclasses inherit it, and migrations do not see it.
"""

from collections.abc import Callable, Iterator
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
    """The way to search for the value of a column after an erasure (`Table.sought_inside` and `sought_whole`)."""

    INSIDE = auto()
    WHOLE = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """The declaration of a column; the attributes are those of `Table`, for one column."""

    kind: Kind
    meaning: str
    exported: Callable[[Any], object] | None = None
    sealed: Callable[[Any], str] | None = None
    identifying: bool = False
    sought: Sought | None = None
    called: bool = False


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


def declared_columns(model: type[models.Model]) -> Iterator[tuple[str, Column]]:
    """Yield the name in the database and the declaration of each declared column, in the order of the fields."""
    for field in model._meta.concrete_fields:
        if column := getattr(field, _ATTRIBUTE, _KEY if field.auto_created else None):
            yield str(field.column), column


def _declare(field: F, column: Column) -> F:
    setattr(field, _ATTRIBUTE, column)
    return field
