"""Declarations at the columns of models."""

from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from config.jobs import Job
from privacy.declarations import registry
from privacy.declarations.columns import Sought, declared_columns, personal, plain
from privacy.declarations.registry import table_of
from privacy.models import STAMPS, Consent, DataExport, Erasure, ExportPart, SubjectKey
from privacy.models.erasures import place_of_identifiers


def test_columns_are_named_as_in_the_database() -> None:
    assert table_of(ExportPart).personal.keys() == {"export_id", "number", "sealed"}
    assert table_of(SubjectKey).personal.keys() == {"user_id", "key"}


def test_a_primary_key_that_django_adds_is_a_plain_key() -> None:
    assert table_of(Consent).plain == {"id": "key"}


def test_subclasses_inherit_declarations() -> None:
    assert tuple(table_of(Consent).stamps) == STAMPS
    of_jobs = dict(declared_columns(DataExport)).items()
    assert {(name, column) for name, column in of_jobs if hasattr(Job, name)} <= set(declared_columns(Erasure))
    assert {"claim", "heartbeat_at", "attempts"} <= table_of(DataExport).plain.keys()


def test_a_table_has_what_its_columns_declare() -> None:
    table = table_of(Erasure)
    assert table.sealed == {"sealed_identifiers": place_of_identifiers}
    assert table.exported["sealed_identifiers"](Erasure()) == "sealed"


def test_migrations_do_not_see_declarations() -> None:
    bare = models.CharField(max_length=8)
    declared = personal(models.CharField(max_length=8), "A word", identifying=True, sought=Sought.WHOLE, called=True)
    assert declared.deconstruct() == bare.deconstruct()
    assert plain(bare, "a word") is bare


def test_a_column_is_declared_once() -> None:
    listed = replace(table_of(Consent), personal={"purpose": "For what"}, plain={}, stamps={})
    with pytest.raises(ImproperlyConfigured, match="purpose"):
        registry._with_columns(listed)


def test_tables_of_libraries_are_listed_in_the_data_map() -> None:
    listed = replace(table_of(Consent), model="sessions.Session", personal={}, plain={"session_key": "key"}, stamps={})
    assert registry._with_columns(listed) == listed
