"""Feedback on forecasts."""

from django.db import models

from predictions.models.forecasts import Prediction
from privacy.declarations.columns import personal
from privacy.models import PersonalData


class Feedback(PersonalData):
    """A person's verdict on a forecast; staff read it beside the forecast. Of suggestions see `SuggestionReport`."""

    FORECAST = "forecast"
    """The subject of feedback on the forecast as a whole."""

    class Verdict(models.TextChoices):
        USELESS = "useless"
        WRONG = "wrong"

    class Reason(models.TextChoices):
        TOO_HIGH = "too_high", "It is too high"
        TOO_LOW = "too_low", "It is too low"
        TOO_VAGUE = "too_vague", "It is too vague to act on"
        MISSES_SOMETHING = "misses_something", "It misses something that matters"
        UNCLEAR = "unclear", "I do not understand it"
        OTHER = "other", "Something else"

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="feedback")
    personal(prediction, "The forecast")
    subject = personal(
        models.CharField(
            max_length=64, default=FORECAST, help_text="forecast, or the feature of one of its suggestions."
        ),
        "What of it you meant",
    )
    verdict = personal(models.CharField(max_length=16, choices=Verdict), "Useless or wrong")
    reason = personal(models.CharField(max_length=32, choices=Reason), "Why")
    text = personal(
        models.TextField(
            blank=True,
            max_length=1000,
            help_text="In the person's own words. Personal: shown to them and to staff only.",
        ),
        "Your own words",
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you said so")
    updated_at = personal(models.DateTimeField(auto_now=True), "When you last changed it")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feedback"
        constraints = [models.UniqueConstraint(fields=["prediction", "subject"], name="one_feedback_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.verdict}"
