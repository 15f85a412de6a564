"""Kinds of declarations: a table, Redis keys, messages, files, an artefact learned across people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import models

from privacy.declarations.columns import Column, Kind, Sought
from privacy.purposes import Basis, Purpose, Retention, Source


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with all their accounts, or, where `whole` is false, the named accounts alone."""

    user_id: int
    account_ids: tuple[int, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Expiry:
    """Delete rows so long after the moment in the column; rows without a moment stay."""

    column: str
    after: timedelta
    but_not: Mapping[str, object] = field(default_factory=dict)
    """Column -> value of rows that stay all the same."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Its columns are declared at the model's fields (`privacy.declarations.columns`)."""

    model: str
    """The model's label, e.g. `posts.Post`."""
    category: str
    """Heading on the privacy page; tables may share one."""
    purposes: tuple[Purpose, ...]
    """Allowed uses of its rows; without consent to the first, none is written."""
    why: str
    """In plain words."""
    retention: Retention
    source: Source = Source.POSTCAST
    """Origin of its rows."""
    basis: Basis = Basis.CONSENT
    person: str | None = None
    """The path from a row to its person, e.g. `account__user`; None where rows concern nobody."""
    account: str | None = None
    """The path from a row to the TikTok account it belongs to, e.g. `account`; None where it belongs to the person."""
    also_of: str | None = None
    """The path to a person beside the account's who has a part in the row: their copy has it, and it goes with them."""
    personal: Mapping[str, str] = field(default_factory=dict)
    """Column -> its meaning. Declared here only for a library's table, as are the next two."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """The same of columns that say nothing of a person."""
    exported: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    """Columns that are exported in another form -> a function that returns it for a row."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """The columns that are declared at the model: filled in by the registry."""
    expires: tuple[Expiry, ...] = ()
    """When its rows are deleted (`privacy.retention.purging`), even while their person stays."""
    found_by: Callable[[Subject], models.Q] | None = None
    """Its rows about a subject, where no path leads from them to their person."""
    append_only: bool = False
    """True where rows cannot be deleted: traces in it are named in the receipt, and do not delay an erasure."""
    unstamped: str = ""
    """Why rows of people in a table of ours are no `PersonalData`."""
    of_staff: bool = False
    """True where only staff have rows."""
    erased: str = "deleted"
    """Treatment of its rows by erasure, in words; `kept` is for rows that name nobody afterwards."""

    @property
    def stamps(self) -> dict[str, str]:
        """The columns that are stamped on each row of `PersonalData`, and their meaning."""
        return {name: column.meaning for name, column in self.columns.items() if column.kind is Kind.STAMP}

    @property
    def sealed(self) -> dict[str, Callable[[Any], str]]:
        """The sealed columns -> a function that returns the place that a row's value is bound to."""
        return {name: column.sealed for name, column in self.columns.items() if column.sealed}

    @property
    def identifying(self) -> tuple[str, ...]:
        """The columns that identify a person or an account."""
        return tuple(name for name, column in self.columns.items() if column.identifying)

    @property
    def called(self) -> tuple[str, ...]:
        """The columns with people's names elsewhere."""
        return tuple(name for name, column in self.columns.items() if column.called)

    @property
    def sought_inside(self) -> tuple[str, ...]:
        """The columns whose values are searched for in longer texts too after an erasure."""
        return tuple(name for name, column in self.columns.items() if column.sought is Sought.INSIDE)

    @property
    def sought_whole(self) -> tuple[str, ...]:
        """The columns whose values are searched for as whole values after an erasure."""
        return tuple(name for name, column in self.columns.items() if column.sought is Sought.WHOLE)

    @property
    def concerns_people(self) -> bool:
        """True where its rows lead to a person."""
        return self.person is not None or self.found_by is not None

    def rows_of(self, subject: Subject) -> "models.QuerySet[models.Model]":
        """Return the rows that concern the subject."""
        rows: models.QuerySet[models.Model] = apps.get_model(self.model)._base_manager.all()
        if self.found_by is not None:
            return rows.filter(self.found_by(subject))
        if self.account is not None:
            concerned = models.Q(**{f"{self.account}__in": subject.account_ids})
            if self.also_of is not None and subject.whole:
                concerned |= models.Q(**{self.also_of: subject.user_id})
            return rows.filter(concerned)
        if self.person is not None and subject.whole:
            return rows.filter(**{self.person: subject.user_id})
        return rows.none()


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """Keys of Redis with a common prefix."""

    prefix: str
    """Exact: no other keys begin like this."""
    category: str
    purposes: tuple[Purpose, ...]
    why: str
    basis: Basis
    retention: Retention
    exported: str
    """The way to a copy for its person, or why there is none, in words."""
    erased: str
    """Treatment by erasure, in words."""
    personal: bool = False
    keys_of: Callable[[Subject], tuple[str, ...]] | None = None
    """Patterns (as of SCAN) of the keys that concern a subject: erasure deletes them and looks for them afterwards."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages in the queue for a task whose argument is the primary key of a row."""

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
    """Treatment by erasure, in words."""
    purposes: tuple[Purpose, ...] = (Purpose.SERVICE,)
    basis: Basis = Basis.LEGITIMATE_INTEREST
    exported: str = ""
    """The way to a copy for a person, or why there is none, in words."""
    where: str = ""
    """The setting or variable that names the folder or file; empty where nothing is written to a disk."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something learned across people, and how a person's data leaves it."""

    name: str
    category: str
    why: str
    retention: Retention
    purpose: Purpose
    erased: str
    basis: Basis = Basis.CONSENT
    exported: str = "not: it holds nothing of any one person"


Declaration = Table | RedisKeys | Messages | Files | Artefact
