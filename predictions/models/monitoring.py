"""The hourly checks for drift."""

from django.db import models


class DriftCheck(models.Model):
    """The result of testing forecast errors for drift; an alarm asks for retraining."""

    class Verdict(models.TextChoices):
        TOO_FEW = "too_few"
        STEADY = "steady"
        ALARM = "alarm"
        # the change of an earlier alarm goes on
        UNSETTLED = "unsettled"
        SETTLED = "settled"

    checked_at = models.DateTimeField(unique=True)
    verdict = models.CharField(max_length=16, choices=Verdict)
    posts = models.PositiveIntegerField(help_text="Posts of the last 70 days with a measured first day.")
    figures = models.JSONField(default=dict, help_text="Each figure, recent and before, with the difference's score.")
    features = models.JSONField(
        default=dict, help_text="Features that moved, in their standard deviations. They raise no alarm."
    )
    # the rest is of alarms
    changed_since = models.DateTimeField(
        null=True, help_text="Most likely, posts published since then differ from earlier ones."
    )
    over_at = models.DateTimeField(null=True, help_text="When a check saw the end of the change.")
    reason = models.CharField(max_length=200, blank=True, help_text="The reason given with the request to retrain.")
    retraining_requested_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-checked_at"]
        indexes = [models.Index(fields=["verdict", "checked_at"])]

    def __str__(self) -> str:
        return f"{self.verdict} at {self.checked_at:%Y-%m-%d %H:%M}"
