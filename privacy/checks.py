"""System checks: whatever is kept and not declared stops `manage.py check`, and with it the build."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.db.migrations.recorder import MigrationRecorder

from privacy.declarations import Table, tables
from privacy.models import STAMPS, PersonalData


@register()
def everything_kept_is_declared(**_: Any) -> list[CheckMessage]:
    """Each table and each of its columns in the declarations, and nothing else in them."""
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
    """Every model that has a table, Django's own bookkeeping among them."""
    every = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return [*every, MigrationRecorder.Migration]


def _check_table(model: type[models.Model], table: Table) -> list[CheckMessage]:
    there = {str(field.column) for field in model._meta.concrete_fields}
    stamped = set(STAMPS) if issubclass(model, PersonalData) else set()
    named = {*table.personal, *table.plain}
    label = table.model
    errors: list[CheckMessage] = []
    for column in sorted(there - named - stamped):
        errors.append(Error(f"{label}.{column} is not declared.", id="privacy.E003"))
    for column in sorted(named - there):
        errors.append(Error(f"{label}.{column} is declared but does not exist.", id="privacy.E004"))
    for column in sorted(table.personal.keys() & table.plain.keys()):
        errors.append(Error(f"{label}.{column} is declared twice.", id="privacy.E005"))
    if table.personal and table.person is None and table.found_by is None:
        errors.append(Error(f"{label} holds personal data and no path to its person.", id="privacy.E006"))
    if table.personal and table.stamped and _is_ours(model) and not stamped:
        errors.append(Error(f"{label} holds personal data and is no PersonalData.", id="privacy.E007"))
    if not table.personal and stamped:
        errors.append(Error(f"{label} is PersonalData and declares nothing personal.", id="privacy.E008"))
    if stamped and not table.made_by:
        errors.append(Error(f"{label} does not say which code makes its rows.", id="privacy.E009"))
    return errors


def _is_ours(model: type[models.Model]) -> bool:
    """A library's tables, and those that Django makes between two, cannot carry columns of ours."""
    return not model._meta.auto_created and model.__module__.split(".")[0] == model._meta.app_label
