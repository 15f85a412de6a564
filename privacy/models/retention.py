"""Runs of retention: what was purged, when, and whether it worked."""

from django.db import models

from privacy.declarations.columns import plain


class RetentionRun(models.Model):
    """One run of one rule of retention."""

    rule = plain(models.CharField(max_length=64), "which rule")
    started_at = plain(models.DateTimeField(), "when it began")
    finished_at = plain(models.DateTimeField(null=True), "when it was done")
    removed = plain(models.PositiveIntegerField(default=0), "how much it removed, or how many erasures it asked for")
    error = plain(
        models.CharField(max_length=200, blank=True, help_text="The exception's name; the log has the traceback."),
        "the name of the error, where it failed",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["rule", "-finished_at"])]

    def __str__(self) -> str:
        return f"{self.rule}: {self.removed}"
