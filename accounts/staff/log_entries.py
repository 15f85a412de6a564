"""Keep people's names out of the admin's log."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models.signals import pre_save
from django.dispatch import receiver

from privacy.declarations.registry import table_of


@receiver(pre_save, sender=LogEntry)
def log_no_names(instance: LogEntry, **_: Any) -> None:
    """Replace the name of a person's row by its number before the entry is saved."""
    model = instance.content_type.model_class() if instance.content_type else None
    if model is not None and table_of(model).personal:
        instance.object_repr = f"{model._meta.verbose_name} {instance.object_id}"
