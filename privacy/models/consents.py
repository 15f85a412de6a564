"""Consents: who agreed to what, in which words, and when that ended."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from privacy.declarations.columns import personal
from privacy.models.legal import PersonalData
from privacy.purposes import Purpose
from privacy.texts import Text, read_text


class Through(models.TextChoices):
    """The way in by which something was asked for."""

    PAGE = "page"
    API = "api"
    ADMIN = "admin"
    TASK = "task"
    SHELL = "shell"
    WEBHOOK = "webhook"


class Consent(PersonalData):
    """A person's consent to one purpose in the words of one version of its text. Withdrawn ones are kept as proof."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    personal(user, "The person")
    purpose = personal(
        models.CharField(max_length=16, choices=[(each.value, each.value) for each in Purpose]), "For what"
    )
    version = personal(
        models.PositiveSmallIntegerField(help_text="Of the text that was shown."), "Which version of the text"
    )
    text_fingerprint = personal(
        models.CharField(max_length=64, help_text="SHA-256 of that text."), "A fingerprint of that text"
    )
    given_at = personal(models.DateTimeField(), "When it was given")
    given_through = personal(models.CharField(max_length=8, choices=Through), "Through which way in")
    withdrawn_at = personal(
        models.DateTimeField(null=True, help_text="Also set when a newer version takes its place."),
        "When it ended; empty while it is in force",
    )
    withdrawn_through = personal(
        models.CharField(max_length=8, choices=Through, blank=True), "Through which way it was ended"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"], condition=Q(withdrawn_at=None), name="one_open_consent_per_purpose"
            )
        ]

    def rests_on(self) -> str:
        """Return the text that it is the consent to."""
        return f"{self.purpose}:{self.version}"

    @property
    def text(self) -> Text:
        """The words that were agreed to: released texts are never taken away."""
        return read_text(Purpose(self.purpose), self.version)

    def __str__(self) -> str:
        return f"{self.purpose}, text {self.version}"
