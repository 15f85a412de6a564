"""Copies of a person's data that they asked for, sealed, until they expire."""

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string

from config.jobs import Job
from privacy.models.erasures import ID_ALPHABET
from privacy.models.legal import PersonalData


def export_id() -> str:
    return f"expo_{get_random_string(16, ID_ALPHABET)}"


class DataExport(Job, PersonalData):
    """One copy, from being asked for to being gone."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    ACTIVE = (State.QUEUED, State.RUNNING)
    task = "privacy.tasks.make_export"

    public_id = models.CharField(max_length=32, unique=True, default=export_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    requested_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="Then it is deleted.")
    size = models.BigIntegerField(default=0, help_text="Bytes of the archive.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_active_export_per_person",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class ExportPart(PersonalData):
    """A piece of a copy, sealed: web processes on other machines can send it, and no other disk holds it."""

    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export_id}"
