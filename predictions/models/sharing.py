"""Links by which people show a forecast or a report to others."""

from datetime import datetime

from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from predictions.models.forecasts import Prediction
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData


def _digest(link: "SharedLink") -> str:
    return "a digest that recognises the address"


class SharedLink(PersonalData):
    """An address that shows one forecast, or one report, to whoever has it; only the token's digest is kept."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the link's row here")}

    class Period(models.TextChoices):
        WEEK = "week"
        MONTH = "month"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.share_id, editable=False),
        "The link's id in this service's pages and API; it opens nothing",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="shared_links")
    personal(account, "The account")
    digest = personal(
        models.CharField(max_length=64, unique=True),
        "What recognises its address; the address cannot be read from that",
        exported=_digest,
    )
    prediction = models.ForeignKey(
        Prediction,
        on_delete=models.CASCADE,
        null=True,
        related_name="shared_links",
        help_text="Empty where the link shows a report.",
    )
    personal(prediction, "The forecast that it shows")
    period = personal(
        models.CharField(max_length=8, choices=Period, blank=True, help_text="Empty where the link shows a forecast."),
        "Whether the report that it shows is of a week or of a month",
    )
    first_day = personal(models.DateField(null=True), "The first day of the report that it shows")
    with_caption = personal(
        models.BooleanField(default=False), "Whether it shows captions and hashtags, as far as they are kept"
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you made it")
    expires_at = personal(models.DateTimeField(), "When it ends")
    revoked_at = personal(models.DateTimeField(null=True), "When it was revoked")
    opened = personal(models.PositiveIntegerField(default=0), "How often it was opened")
    last_opened_on = personal(models.DateField(null=True), "The day on which it was last opened")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="a_link_shows_one_thing",
                condition=models.Q(prediction__isnull=False, period="", first_day__isnull=True)
                | models.Q(prediction__isnull=True, first_day__isnull=False) & ~models.Q(period=""),
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    def works_at(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired at the moment."""
        return self.revoked_at is None and self.expires_at > now
