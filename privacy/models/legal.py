"""The columns that each row of a person's data must have by law, stamped as it is written."""

import uuid
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

import structlog
from django.apps import apps
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from config.build import build_commit
from privacy.declarations.columns import Column, stamp
from privacy.declarations.registry import table_of
from privacy.purposes import Basis, Source

COMMIT_LENGTH = 16
_Row = TypeVar("_Row", bound=models.Model)
_PREFETCHED = "_rests_on"
_THIS_PROCESS = f"process:{uuid.uuid4().hex}"


class _Stamp(models.Field):  # type: ignore[type-arg]
    """A column whose value is set whenever a row is written: by save, bulk_create and update_or_create."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Set and return the value."""
        value = self.stamp(type(model_instance))
        setattr(model_instance, self.attname, value)
        return value

    def stamp(self, model: type[models.Model]) -> Any:
        """Return the value for a row of the model that is written now."""
        raise NotImplementedError


class SourceField(_Stamp, models.CharField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> str:
        return str(table_of(model).source)


class ConsentVersionField(_Stamp, models.CharField):  # type: ignore[type-arg]
    """The basis of the row, see `PersonalData.rests_on`."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Read the consent in force: one query for a row, or for all rows of a `bulk_create`."""
        assert isinstance(model_instance, PersonalData)
        prefetched = model_instance.__dict__.pop(_PREFETCHED, None)
        model_instance.consent_version = prefetched or model_instance.rests_on()
        return model_instance.consent_version


class ProvenanceField(_Stamp, models.CharField):  # type: ignore[type-arg]
    """The request or the task that wrote the row, as the logs name it; otherwise the process."""

    def stamp(self, model: type[models.Model]) -> str:
        bound = structlog.contextvars.get_contextvars()
        for kind in ("task", "request"):
            if identifier := bound.get(f"{kind}_id"):
                return f"{kind}:{identifier}"[: self.max_length]
        return _THIS_PROCESS


class RetainUntilField(_Stamp, models.DateTimeField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> Any:
        return timezone.now() + table_of(model).retention.at_most


class TransformationField(_Stamp, models.CharField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> str:
        return build_commit()[:COMMIT_LENGTH]


class StampedQuerySet(models.QuerySet[_Row]):
    """Stamps rows that are written in bulk like a row that is saved."""

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **options: Any) -> list[_Row]:
        """Create the rows, and read the consents that they rest on with one query."""
        rows = list(objs)
        if table_of(self.model).basis == Basis.CONSENT:
            attname = _towards_person(self.model).attname
            in_force = _consents_in_force(self.model, {getattr(row, attname) for row in rows})
            for row in rows:
                row.__dict__[_PREFETCHED] = in_force[getattr(row, attname)]
        return super().bulk_create(rows, *args, **options)

    def update(self, **changes: Any) -> int:
        """Update and stamp the rows; a stamp among the changes is kept."""
        return super().update(**{**_stamps_in_sql(self.model), **changes})


class PersonalData(models.Model):
    """A table of people's data. Each row is stamped, as the app's `data_map.py` declares the table."""

    implicit_columns: ClassVar[Mapping[str, Column]] = {}
    """Declarations of columns without a line in the class: its key, and those of a library's base class."""

    objects = models.Manager.from_queryset(StampedQuerySet)()

    source = stamp(
        SourceField(max_length=16, choices=[(each.value, each.value) for each in Source], editable=False),
        "Where the row comes from: TikTok, you, or made by Postcast",
    )
    consent_version = stamp(
        ConsentVersionField(max_length=32, editable=False),
        "What it rested on when last written: the version of the text you agreed to, or another basis",
    )
    provenance = stamp(
        ProvenanceField(max_length=64, editable=False),
        "The request or task that wrote it",
    )
    retain_until = stamp(
        RetainUntilField(editable=False),
        "How long it is kept at most, unless you sign in again",
    )
    transformation = stamp(
        TransformationField(max_length=COMMIT_LENGTH, editable=False),
        "The commit of the code that wrote it",
    )

    class Meta:
        abstract = True

    def rests_on(self) -> str:
        """Return `purpose:version` of the consent in force, `purpose:none` without one, or another basis."""
        table = table_of(type(self))
        if table.basis != Basis.CONSENT:
            return str(table.basis)
        key = getattr(self, _towards_person(type(self)).attname)
        return _consents_in_force(type(self), {key})[key]

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save and stamp the row, even where only some columns are saved."""
        if update_fields is not None:
            update_fields = {*update_fields, *STAMPS} if update_fields else update_fields
        super().save(update_fields=update_fields, **options)


STAMPS = tuple(field.name for field in PersonalData._meta.local_fields)
"""The columns of PersonalData, for the `update_fields` of bulk updates."""


def _stamps_in_sql(model: type[models.Model]) -> dict[str, Any]:
    """Return the stamps for rows that are not loaded; those not based on consent keep their `consent_version`."""
    fields = {name: model._meta.get_field(name) for name in STAMPS}
    stamps = {name: field.stamp(model) for name, field in fields.items() if name != "consent_version"}  # type: ignore[union-attr]
    if table_of(model).basis == Basis.CONSENT:
        own = f"{_quoted(model._meta.db_table)}.{_quoted(_towards_person(model).column)}"
        stamps["consent_version"] = RawSQL(_consent_in_force(model, own), [])  # noqa: S611 - of names of ours
    return stamps


def _consents_in_force(model: type[models.Model], keys: "set[int | None]") -> "dict[int | None, str]":
    """Map the keys that lead from rows towards their person to the consent in force; None, not stored yet, to none."""
    statement = f"SELECT key, {_consent_in_force(model, 'key')} FROM unnest(%s::bigint[]) AS key"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys - {None})])
        return {None: f"{table_of(model).purposes[0]}:none", **dict(cursor.fetchall())}


@cache
def _consent_in_force(model: type[models.Model], key: str) -> str:
    """Return its SQL, compiled once for each table: compiling takes longer than everything else in writing a row."""
    table = table_of(model)
    purpose, path = table.purposes[0], str(table.person).split("__", 1)
    person: Any = RawSQL(key, [])  # noqa: S611
    if len(path) > 1:
        related = _towards_person(model).related_model
        person = related._base_manager.filter(pk=person).order_by().values(path[1])[:1]
    consents = apps.get_model("privacy", "Consent")._base_manager.filter(user=person, withdrawn_at=None)
    of_purpose = consents.filter(purpose=RawSQL(f"'{purpose}'", [])).order_by()  # noqa: S611
    version = str(of_purpose.values("version").query)
    return f"COALESCE('{purpose}:' || ({version}), '{purpose}:none')"


def _towards_person(model: type[models.Model]) -> Any:
    """Return the field with which the path from the row to its person begins."""
    first = str(table_of(model).person).split("__")[0]
    return model._meta.pk if first == "pk" else model._meta.get_field(first)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
