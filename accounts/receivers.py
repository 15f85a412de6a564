"""What accounts does when others write."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models.signals import pre_save
from django.dispatch import receiver

from privacy.declarations.registry import table_of


@receiver(pre_save, sender=LogEntry)
def log_no_names(instance: LogEntry, **_: Any) -> None:
    """The row's number says which one staff changed; whose name it bore need not be held a second time."""
    model = instance.content_type.model_class() if instance.content_type else None
    if model is not None and table_of(model).personal:
        instance.object_repr = f"{model._meta.verbose_name} {instance.object_id}"
