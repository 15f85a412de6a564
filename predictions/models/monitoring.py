"""The hourly checks for drift."""

from django.db import models

from privacy.declarations.columns import plain


class DriftCheck(models.Model):
    """The result of testing forecast errors for drift; an alarm asks for retraining."""

    class Verdict(models.TextChoices):
        TOO_FEW = "too_few"
        STEADY = "steady"
        ALARM = "alarm"
        # the change of an earlier alarm goes on
        UNSETTLED = "unsettled"
        SETTLED = "settled"

    checked_at = plain(models.DateTimeField(unique=True), "when")
    verdict = plain(models.CharField(max_length=16, choices=Verdict), "what was found")
    posts = plain(
        models.PositiveIntegerField(help_text="Posts of the last 70 days with a measured first day."),
        "from how many posts",
    )
    figures = plain(
        models.JSONField(default=dict, help_text="Each figure, recent and before, with the difference's score."),
        "figures over all accounts",
    )
    features = plain(
        models.JSONField(
            default=dict, help_text="Features that moved, in their standard deviations. They raise no alarm."
        ),
        "which features moved, over all accounts",
    )
    # the rest is of alarms
    changed_since = plain(
        models.DateTimeField(null=True, help_text="Most likely, posts published since then differ from earlier ones."),
        "since when published posts are changed",
    )
    over_at = plain(
        models.DateTimeField(null=True, help_text="When a check saw the end of the change."), "when it was over"
    )
    reason = plain(
        models.CharField(max_length=200, blank=True, help_text="The reason given with the request to retrain."),
        "why retraining was asked for",
    )
    retraining_requested_at = plain(models.DateTimeField(null=True), "when it was asked for")

    class Meta:
        ordering = ["-checked_at"]
        indexes = [models.Index(fields=["verdict", "checked_at"])]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} on {self.checked_at:%-d %b %Y, %H:%M}"
