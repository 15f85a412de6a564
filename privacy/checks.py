"""System checks: undeclared tables and columns stop `manage.py check`, and with it the build."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.db.migrations.recorder import MigrationRecorder

from privacy.declarations.kinds import Table
from privacy.declarations.registry import tables
from privacy.models import PersonalData


@register()
def everything_kept_is_declared(**_: Any) -> list[CheckMessage]:
    """Compare the tables and their columns with the declarations."""
    kept = {model._meta.label: model for model in kept_models()}
    declared = {table.model: table for table in tables()}
    errors: list[CheckMessage] = [
        Error(f"{label} is not declared in any data_map.py.", id="privacy.E001")
        for label in sorted(kept - declared.keys())
    ]
    errors += [
        Error(f"{label} is declared but does not exist.", id="privacy.E002")
        for label in sorted(declared.keys() - kept.keys())
    ]
    for label in sorted(kept.keys() & declared.keys()):
        errors += _check_table(kept[label], declared[label])
    return errors


def kept_models() -> list[type[models.Model]]:
    """Return every model that has a table, Django's own bookkeeping among them."""
    every = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return [*every, MigrationRecorder.Migration]


def _check_table(model: type[models.Model], table: Table) -> list[CheckMessage]:
    columns = {str(field.column) for field in model._meta.concrete_fields}
    named = {*table.personal, *table.plain}
    stamped = issubclass(model, PersonalData)
    label = table.model
    errors: list[CheckMessage] = []
    for column in sorted(columns - named - table.stamps.keys()):
        errors.append(Error(f"{label}.{column} is not declared.", id="privacy.E003"))
    for column in sorted(named - columns):
        errors.append(Error(f"{label}.{column} is declared but does not exist.", id="privacy.E004"))
    for column in sorted(table.personal.keys() & table.plain.keys()):
        errors.append(Error(f"{label}.{column} is declared twice.", id="privacy.E005"))
    if table.personal and not table.concerns_people:
        errors.append(Error(f"{label} holds personal data and no path to its person.", id="privacy.E006"))
    if table.personal and not table.unstamped and _is_ours(model) and not stamped:
        errors.append(Error(f"{label} holds personal data and is no PersonalData.", id="privacy.E007"))
    if not table.personal and stamped:
        errors.append(Error(f"{label} is PersonalData and declares nothing personal.", id="privacy.E008"))
    return errors


def _is_ours(model: type[models.Model]) -> bool:
    """Return whether the table is ours: those of libraries, and those that Django makes, cannot carry more columns."""
    return not model._meta.auto_created and model.__module__.split(".")[0] == model._meta.app_label
