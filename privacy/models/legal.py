"""What the law wants to know of each row of a person's data, stamped on it as it is written: here and nowhere else."""

import hashlib
import inspect
import uuid
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

import structlog
from django.db import models
from django.utils import timezone

from privacy.purposes import YEAR, Source

FINGERPRINT_LENGTH = 16
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
    """The current text of the first purpose: nothing is written without consent to that one."""

    def stamp(self, model: type[models.Model]) -> str:
        from privacy.consent import current_version

        purpose = _table(model).purposes[0]
        return f"{purpose}:{current_version(purpose)}"


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
        return timezone.now() + (_table(model).retention.period or YEAR)


class TransformationField(_Stamp, models.CharField):  # type: ignore[type-arg]
    def stamp(self, model: type[models.Model]) -> str:
        return fingerprint(_table(model).made_by)


class PersonalData(models.Model):
    """A table of people's data: declared in its app's `data_map.py`, from which each row is stamped."""

    source = SourceField(max_length=16, choices=[(each.value, each.value) for each in Source], editable=False)
    consent_version = ConsentVersionField(max_length=32, editable=False)
    provenance = ProvenanceField(max_length=64, editable=False)
    retain_until = RetainUntilField(editable=False)
    transformation = TransformationField(max_length=FINGERPRINT_LENGTH, editable=False)

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """As usual; a row that is written in part is stamped all the same."""
        if update_fields is not None:
            update_fields = {*update_fields, *STAMPS} if update_fields else update_fields
        super().save(update_fields=update_fields, **options)


STAMPS = ("source", "consent_version", "provenance", "retain_until", "transformation")
"""The columns of PersonalData, to be named where rows are updated in bulk."""


@cache
def fingerprint(modules: tuple[str, ...]) -> str:
    """Of the source code of these modules: rows that bear the same were made by the same code."""
    digest = hashlib.sha256()
    for name in modules:
        digest.update(inspect.getsource(import_module(name)).encode())
    return digest.hexdigest()[:FINGERPRINT_LENGTH]


def _table(model: type[models.Model]) -> Any:
    from privacy.declarations import table_of

    return table_of(model)
