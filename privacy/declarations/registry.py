"""The declarations of all apps: the columns of their models, and the tuple `DATA_MAP` in each app's `data_map.py`.

Undeclared tables and columns fail the checks (`privacy.checks`). Export, erasure, retention, the documents and the
privacy page are made from these declarations.
"""

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.module_loading import module_has_submodule

from privacy.declarations.columns import Kind, declared_columns
from privacy.declarations.kinds import Declaration, Subject, Table
from privacy.purposes import Purpose


@cache
def declared() -> tuple[Declaration, ...]:
    """Return every declaration of every installed app, in the order of the apps."""
    gathered: list[Declaration] = []
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "data_map"):
            gathered += import_module(f"{app.name}.data_map").DATA_MAP
    return tuple(_with_columns(each) if isinstance(each, Table) else each for each in gathered)


def tables() -> tuple[Table, ...]:
    """Return the declared tables."""
    return tuple(each for each in declared() if isinstance(each, Table))


def table_of(model: type[models.Model]) -> Table:
    """Return the declaration of the model's table. Raise KeyError if it is not declared."""
    return table_named(model._meta.label)


def table_named(label: str) -> Table:
    """Return the declaration of the table by its model's label. Raise KeyError if it is not declared."""
    return _by_label()[label]


def subject_of(user_id: int) -> Subject:
    """Return the person with all their accounts."""
    [accounts] = [table for table in tables() if table.account == "pk"]
    owned = apps.get_model(accounts.model)._base_manager.filter(**{f"{accounts.person}": user_id})
    return Subject(user_id, tuple(owned.order_by("pk").values_list("pk", flat=True)))


def people_of(model: type[models.Model], keys: Collection[Any]) -> set[int]:
    """Return the people whose rows have these primary keys; nobody where the table concerns nobody."""
    path = table_of(model).person
    if path is None:
        return set()
    return set(model._base_manager.filter(pk__in=keys).values_list(path, flat=True)) - {None}


class NotDeclaredFor(Exception):
    """Data would be used for a purpose that its table does not declare."""


def require_declared(purpose: Purpose, *read: type[models.Model]) -> None:
    """Raise NotDeclaredFor unless each of the tables that are about to be read may be used for the purpose."""
    for model in read:
        if purpose not in table_of(model).purposes:
            raise NotDeclaredFor(f"{model._meta.label} is not declared for the purpose “{purpose}”.")


@cache
def _by_label() -> dict[str, Table]:
    return {table.model: table for table in tables()}


def _with_columns(table: Table) -> Table:
    """Add the columns that are declared at the model's fields. Raise ImproperlyConfigured if one is declared twice."""
    try:
        model = apps.get_model(table.model)
    except LookupError:
        # reported by the checks; the table of migrations has no registered model
        return table
    columns = declared_columns(model)
    if twice := columns.keys() & {*table.personal, *table.plain}:
        raise ImproperlyConfigured(f"{table.model} declares {sorted(twice)} at its fields and in data_map.py.")

    def meanings(kind: Kind) -> dict[str, str]:
        return {name: column.meaning for name, column in columns.items() if column.kind is kind}

    return replace(
        table,
        columns=columns,
        personal={**meanings(Kind.PERSONAL), **table.personal},
        plain={**meanings(Kind.PLAIN), **table.plain},
        exported={**table.exported, **{name: each.exported for name, each in columns.items() if each.exported}},
    )
