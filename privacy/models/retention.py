"""What was purged, when, and whether it worked."""

from django.db import models


class RetentionRun(models.Model):
    """One run of one rule of retention."""

    rule = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    removed = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True, help_text="The exception's name; the log has the traceback.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["rule", "-finished_at"])]

    def __str__(self) -> str:
        return f"{self.rule}: {self.removed}"
