"""Declarations at the columns of models."""

from dataclasses import replace

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from accounts.models import User
from config.jobs import Job
from posts.models import Post
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
    of_exports, of_erasures = declared_columns(DataExport), declared_columns(Erasure)
    assert all(of_exports[field.name] == of_erasures[field.name] for field in Job._meta.fields)
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
    listed = replace(table_of(Consent), personal={"purpose": "For what"}, plain={})
    with pytest.raises(ImproperlyConfigured, match="purpose"):
        registry._with_columns(listed)


def test_tables_of_libraries_are_listed_in_the_data_map() -> None:
    table = table_of(Session)
    assert table.columns == {}
    assert table.plain == {"session_key": "random key, in your cookie"}


def test_columns_without_a_line_in_the_class_are_declared_together() -> None:
    assert "id" in table_of(Post).personal
    assert list(table_of(User).personal)[:2] == ["id", "username"]
    assert table_of(User).identifying == ("username",)
