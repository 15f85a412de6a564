"""Copies of a person's data that they asked for, sealed, until they expire."""

from django.conf import settings
from django.db import models

from config.jobs import Job
from privacy.anonymity.public_ids import public_id
from privacy.declarations.columns import personal
from privacy.models.legal import PersonalData
from privacy.models.parts import Part


def export_id() -> str:
    """Return the id of a new copy."""
    return public_id("expo")


class DataExport(Job, PersonalData):
    """One copy, from the request until it is deleted."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    ACTIVE = (State.QUEUED, State.RUNNING)
    task = "privacy.export.tasks.make_export"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=export_id, editable=False), "The number of the copy"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    personal(user, "The person")
    state = personal(
        models.CharField(max_length=16, choices=State, default=State.QUEUED),
        "Whether it is being made, is ready or failed",
    )
    requested_at = personal(models.DateTimeField(auto_now_add=True), "When you asked for it")
    ready_at = personal(models.DateTimeField(null=True), "When it was ready")
    expires_at = personal(models.DateTimeField(null=True, help_text="Then it is deleted."), "When it is deleted")
    size = personal(models.BigIntegerField(default=0, help_text="Bytes of the archive."), "Bytes of the archive")

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


class ExportPart(Part):
    """A piece of a copy, sealed: web processes on other machines can send it, and no disk holds it in the clear."""

    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts")
    personal(export, "The copy")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export}"

    def place(self) -> str:
        """Return the place that the bytes are bound to."""
        return f"privacy.export:{self.export_id}:{self.number}"
