"""The daily checks of how alike suggestions are across creators."""

from django.db import models

from privacy.declarations.columns import plain


class VarietyCheck(models.Model):
    """Variety of the last days' suggestions between accounts; an alarm says that they are too alike."""

    checked_at = plain(models.DateTimeField(unique=True), "when")
    accounts = plain(models.PositiveIntegerField(), "to how many accounts something was suggested")
    suggestions = plain(models.PositiveIntegerField(), "how many suggestions")
    varieties = plain(
        models.JSONField(
            default=dict,
            help_text="By language and hours, the effective number of different suggestions: exp(entropy).",
        ),
        "how many different suggestions there effectively were, by language and hours",
    )
    similarity = plain(
        models.FloatField(null=True, help_text="Mean Jaccard similarity of two accounts' hashtags as suggested."),
        "how alike the hashtags would be",
    )
    alarms = plain(models.JSONField(default=list, help_text="What is beyond its bound, in words."), "what is too alike")

    class Meta:
        ordering = ["-checked_at"]

    def __str__(self) -> str:
        return f"{'alarm' if self.alarms else 'varied'} on {self.checked_at:%-d %b %Y, %H:%M}"
