"""How apps declare what they keep: every table and column, Redis key, message, file and artefact, personal or not.

Each app has a `data_map.py` with a tuple `DATA_MAP` of the declarations below; `declared()` gathers them, as the admin
discovers `admin.py`. Whatever is not declared fails the checks (`privacy.checks`). Export, erasure, retention, the
documents and the privacy page are all made from these declarations.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.module_loading import module_has_submodule

from privacy.purposes import Basis, Purpose, Retention, Source


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data is meant: a person with all their accounts, or, where `whole` is false, the named accounts alone."""

    user_id: int
    account_ids: tuple[int, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows are deleted so long after the moment in the column; those without one stay."""

    column: str
    after: timedelta
    but_not: Mapping[str, object] = field(default_factory=dict)
    """Column -> value of rows that stay all the same."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, every column of which is in `personal` or in `plain`."""

    model: str
    """The model's label, e.g. `posts.Post`."""
    category: str
    """What it is, for people: the heading on the privacy page. Tables may share one."""
    purposes: tuple[Purpose, ...]
    """What its rows may be used for; the first is the one without which they are not written."""
    why: str
    """In plain words."""
    retention: Retention
    source: Source = Source.POSTCAST
    """Where its rows come from."""
    made_by: tuple[str, ...] = ()
    """The modules whose code makes its rows: a fingerprint of them is stamped on each."""
    basis: Basis = Basis.CONSENT
    person: str | None = None
    """The path from a row to its person, e.g. `account__user`; None where rows concern nobody."""
    account: str | None = None
    """The path from a row to the TikTok account it belongs to, e.g. `account`; None where it belongs to the person."""
    personal: Mapping[str, str] = field(default_factory=dict)
    """Column -> what it means, in a plain sentence: the export's README and the documents show it."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """Columns that say nothing of a person: keys, bookkeeping."""
    exported: Mapping[str, Callable[[models.Model], object]] = field(default_factory=dict)
    """Columns that are not exported as they are: how they are, e.g. that a token is held, but not the token."""
    sealed: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Columns that are sealed (`privacy.sealing`) -> the place that a row's value is bound to."""
    expires: tuple[Expiry, ...] = ()
    """When its rows are deleted by themselves (`privacy.purging`), whatever becomes of their person."""
    found_by: Callable[[Subject], models.Q] | None = None
    """Its rows about a subject, where no path leads from them to their person."""
    identifying: tuple[str, ...] = ()
    """Columns by which a person or an account is known again: they stand in the ledger of erasures, under its key."""
    sought_inside: tuple[str, ...] = ()
    """Columns whose values nobody guesses: after an erasure they are looked for everywhere, in longer texts too."""
    sought_whole: tuple[str, ...] = ()
    """The same where there are thousands of them: looked for as whole values."""
    append_only: bool = False
    """Whether nobody can take a row out: what is found in it is told in the receipt, and holds no erasure up."""
    called: tuple[str, ...] = ()
    """Columns with names that people go by elsewhere: others may go by the same, so that they prove nothing."""
    unstamped: str = ""
    """Why rows of people in a table of ours do not carry what `PersonalData` stamps."""
    of_staff: bool = False
    """Whether only staff have rows in it."""
    erased: str = "deleted"
    """How erasure treats its rows, in words; `kept` is for what names nobody afterwards."""

    @property
    def stamped(self) -> bool:
        """Whether its rows are to carry the stamps, were it ours."""
        return not self.unstamped

    def rows_of(self, subject: Subject) -> "models.QuerySet[models.Model]":
        """The rows that concern the subject."""
        rows: models.QuerySet[models.Model] = apps.get_model(self.model)._base_manager.all()
        if self.found_by is not None:
            return rows.filter(self.found_by(subject))
        if self.account is not None:
            return rows.filter(**{f"{self.account}__in": subject.account_ids})
        if self.person is not None and subject.whole:
            return rows.filter(**{self.person: subject.user_id})
        return rows.none()


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """Keys of Redis that begin alike."""

    prefix: str
    """Exact: no more keys than are meant begin like this."""
    category: str
    purposes: tuple[Purpose, ...]
    why: str
    basis: Basis
    retention: Retention
    exported: str
    """How a person gets it, or why they do not, in words."""
    erased: str
    """How erasure treats it, in words."""
    personal: bool = False
    keys_of: Callable[[Subject], tuple[str, ...]] | None = None
    """Patterns (as of SCAN) of the keys that concern a subject: what erasure deletes and the verifier looks for."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages in the queue for a task whose argument is the number of a row."""

    task: str
    table: str
    """The label of the row's model."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files outside of the database: uploads on their way, log lines, backups."""

    name: str
    category: str
    why: str
    retention: Retention
    personal: bool = False
    erased: str = ""
    """How erasure treats them, in words."""
    purposes: tuple[Purpose, ...] = (Purpose.SERVICE,)
    basis: Basis = Basis.LEGITIMATE_INTEREST
    exported: str = ""
    """How a person gets what is in them, or why they do not, in words."""
    where: str = ""
    """The setting or variable that names the folder or file; empty where nothing is written to a disk."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """What is learned across people, and how somebody leaves it."""

    name: str
    category: str
    why: str
    retention: Retention
    purpose: Purpose
    erased: str
    basis: Basis = Basis.CONSENT
    exported: str = "not: it holds nothing of any one person"


Declaration = Table | RedisKeys | Messages | Files | Artefact


@cache
def declared() -> tuple[Declaration, ...]:
    """Every declaration of every installed app, in the order of the apps."""
    found: list[Declaration] = []
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "data_map"):
            found += import_module(f"{app.name}.data_map").DATA_MAP
    return tuple(found)


def table_of(model: type[models.Model]) -> Table:
    """The declaration of the model's table; raises KeyError where it is not declared."""
    return table_named(model._meta.label)


def table_named(label: str) -> Table:
    """The same by the model's label."""
    return _by_label()[label]


@cache
def _by_label() -> dict[str, Table]:
    return {table.model: table for table in tables()}


def subject_of(user_id: int) -> Subject:
    """A person with all their accounts."""
    [accounts] = [table for table in tables() if table.account == "pk"]
    owned = apps.get_model(accounts.model)._base_manager.filter(**{f"{accounts.person}": user_id})
    return Subject(user_id, tuple(owned.order_by("pk").values_list("pk", flat=True)))


def people_of(model: type[models.Model], keys: Collection[Any]) -> set[int]:
    """Whose the rows with these primary keys are; nobody's where the table concerns nobody."""
    path = table_of(model).person
    if path is None:
        return set()
    return set(model._base_manager.filter(pk__in=keys).values_list(path, flat=True)) - {None}


class NotDeclaredFor(Exception):
    """Data would be used for a purpose that it is not declared, and was not collected, for."""


def require_declared(purpose: Purpose, *read: type[models.Model]) -> None:
    """Raise NotDeclaredFor unless each of the tables that are about to be read may be used for the purpose."""
    for model in read:
        if purpose not in table_of(model).purposes:
            raise NotDeclaredFor(f"{model._meta.label} is not declared for the purpose “{purpose}”.")


def tables() -> tuple[Table, ...]:
    """The declared tables."""
    return tuple(each for each in declared() if isinstance(each, Table))
