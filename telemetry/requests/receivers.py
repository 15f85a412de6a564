"""Partitions after each `migrate`: a service that was off for a week has one for today when it starts."""

from typing import Any

from django.db.models.signals import post_migrate
from django.dispatch import receiver

from telemetry.requests import partitions


@receiver(post_migrate)
def make_partitions(sender: Any, plan: Any = (), **_: Any) -> None:
    """Make the partitions once this app's tables are there."""
    if sender.label == "telemetry":
        partitions.tend()
