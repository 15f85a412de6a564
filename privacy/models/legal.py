"""What the law wants to know of each row of a person's data, stamped on it as it is written: here and nowhere else."""

import ast
import hashlib
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import structlog
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from privacy.purposes import Basis, Source

FINGERPRINT_LENGTH = 16
_Row = TypeVar("_Row", bound=models.Model)
_ASKED_FOR = "_rests_on"
_THIS_PROCESS = f"process:{uuid.uuid4().hex}"


class _Stamp(models.Field):  # type: ignore[type-arg]
    """A column that Django asks for its value whenever a row is written: by save, bulk_create and update_or_create."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What stands in the row from now on. A source does not change."""
        value = self.stamp(type(model_instance))
        setattr(model_instance, self.attname, value)
        return value

    def stamp(self, model: type[models.Model]) -> Any:
        """The value for a row of the model that is written now."""
        raise NotImplementedError


class SourceField(_Stamp, models.CharField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> str:
        return str(_table(model).source)


class ConsentVersionField(_Stamp, models.CharField):  # type: ignore[type-arg]
    """What the row rests on, see `PersonalData.rests_on`."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Asked of the database as the row is written; one query, or one for all rows of a `bulk_create`."""
        assert isinstance(model_instance, PersonalData)
        known = model_instance.__dict__.pop(_ASKED_FOR, None)
        model_instance.consent_version = known or model_instance.rests_on()
        return model_instance.consent_version


class ProvenanceField(_Stamp, models.CharField):  # type: ignore[type-arg]
    """The request or the task that wrote the row, as the logs name it; otherwise the process."""

    def stamp(self, model: type[models.Model]) -> str:
        bound = structlog.contextvars.get_contextvars()
        for kind in ("task", "request"):
            if found := bound.get(f"{kind}_id"):
                return f"{kind}:{found}"[: self.max_length]
        return _THIS_PROCESS


class RetainUntilField(_Stamp, models.DateTimeField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> Any:
        return timezone.now() + _table(model).retention.at_most


class TransformationField(_Stamp, models.CharField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> str:
        return fingerprint(_table(model).made_by)


class StampedQuerySet(models.QuerySet[_Row]):
    """Rows that are written by the many are stamped like one that is saved."""

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **options: Any) -> list[_Row]:
        """As usual; what the rows rest on is asked for once."""
        rows = list(objs)
        if _table(self.model).basis == Basis.CONSENT:
            attname = _towards_person(self.model).attname
            found = _consents_in_force(self.model, {getattr(row, attname) for row in rows})
            for row in rows:
                row.__dict__[_ASKED_FOR] = found[getattr(row, attname)]
        return super().bulk_create(rows, *args, **options)

    def update(self, **changes: Any) -> int:
        """As usual, and stamped like a row that is saved; a stamp that is given is kept."""
        return super().update(**{**_stamps_in_sql(self.model), **changes})


class PersonalData(models.Model):
    """A table of people's data: declared in its app's `data_map.py`, from which each row is stamped."""

    objects = models.Manager.from_queryset(StampedQuerySet)()

    source = SourceField(max_length=16, choices=[(each.value, each.value) for each in Source], editable=False)
    consent_version = ConsentVersionField(max_length=32, editable=False)
    provenance = ProvenanceField(max_length=64, editable=False)
    retain_until = RetainUntilField(editable=False)
    transformation = TransformationField(max_length=FINGERPRINT_LENGTH, editable=False)

    class Meta:
        abstract = True

    def rests_on(self) -> str:
        """`purpose:version` of the consent in force, `purpose:none` without one, or a basis that is no consent."""
        table = _table(type(self))
        if table.basis != Basis.CONSENT:
            return str(table.basis)
        key = getattr(self, _towards_person(type(self)).attname)
        return _consents_in_force(type(self), {key})[key]

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """As usual; a row that is written in part is stamped all the same."""
        if update_fields is not None:
            update_fields = {*update_fields, *STAMPS} if update_fields else update_fields
        super().save(update_fields=update_fields, **options)


STAMPS = ("source", "consent_version", "provenance", "retain_until", "transformation")
"""The columns of PersonalData, to be named where rows are updated in bulk."""


def _stamps_in_sql(model: type[models.Model]) -> dict[str, Any]:
    """What `save` would stamp, for rows that are not read. One that says itself what it rests on goes on saying it."""
    fields = {name: model._meta.get_field(name) for name in STAMPS}
    stamps = {name: field.stamp(model) for name, field in fields.items() if name != "consent_version"}  # type: ignore[union-attr]
    if _table(model).basis == Basis.CONSENT:
        own = f"{_quoted(model._meta.db_table)}.{_quoted(_towards_person(model).column)}"
        stamps["consent_version"] = RawSQL(_consent_in_force(model, own), [])  # noqa: S611 - of names of ours
    return stamps


def _consents_in_force(model: type[models.Model], keys: "set[int | None]") -> "dict[int | None, str]":
    """What rows rest on, by what leads from them towards their person. Who is not stored yet agreed to nothing."""
    statement = f"SELECT key, {_consent_in_force(model, 'key')} FROM unnest(%s::bigint[]) AS key"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys - {None})])
        return {None: f"{_table(model).purposes[0]}:none", **dict(cursor.fetchall())}


@cache
def _consent_in_force(model: type[models.Model], key: str) -> str:
    """SQL for it: compiled once for each table, as that takes longer than all else that the writing of a row takes."""
    table = _table(model)
    purpose, path = table.purposes[0], table.person.split("__", 1)
    person: Any = RawSQL(key, [])  # noqa: S611
    if len(path) > 1:
        related = _towards_person(model).related_model
        person = related._base_manager.filter(pk=person).order_by().values(path[1])[:1]
    consents = apps.get_model("privacy", "Consent")._base_manager.filter(user=person, withdrawn_at=None)
    of_purpose = consents.filter(purpose=RawSQL(f"'{purpose}'", [])).order_by()  # noqa: S611
    version = str(of_purpose.values("version").query)
    return f"COALESCE('{purpose}:' || ({version}), '{purpose}:none')"


def _towards_person(model: type[models.Model]) -> Any:
    """The field with which the path from the row to its person begins."""
    first = _table(model).person.split("__")[0]
    return model._meta.pk if first == "pk" else model._meta.get_field(first)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def fingerprint_all_code() -> None:
    """In a server's parent process: it takes a tenth of a second, which no request should wait for."""
    from privacy.declarations import tables

    for table in tables():
        fingerprint(table.made_by)


@cache
def fingerprint(modules: tuple[str, ...]) -> str:
    """Of the source code of these modules and of all of ours that they import: the same code makes the same one."""
    digest = hashlib.sha256()
    for name in sorted(_reached_from(modules)):
        digest.update(name.encode() + b"\0" + _source(name).read_bytes() + b"\0")
    return digest.hexdigest()[:FINGERPRINT_LENGTH]


def _reached_from(modules: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    ahead = set(modules)
    while ahead:
        reached |= ahead
        ahead = {each for name in ahead for each in _imported_by(name)} - reached
    return reached


@cache
def _imported_by(name: str) -> frozenset[str]:
    """Modules of ours that the module imports, in functions too; `from a import b` may mean a module `a.b`."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(_source(name).read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
        elif isinstance(node, ast.Import):
            named |= {each.name for each in node.names}
    return frozenset(each for each in named if _source(each).exists())


def _source(name: str) -> Path:
    """Where the module's code would be, were it ours."""
    path = Path(settings.BASE_DIR, *name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _table(model: type[models.Model]) -> Any:
    from privacy.declarations import table_of

    return table_of(model)
