"""Reports of bad suggestions, and the suggestions that are switched off."""

from django.db import models

from predictions.models.forecasts import Prediction
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


class SuggestionReport(PersonalData):
    """A person's report of one suggestion of a recorded forecast; staff read it beside the evidence."""

    class Reason(models.TextChoices):
        WRONG = "wrong", "It is wrong"
        HARMFUL = "harmful", "It would harm my account or others"
        NOT_MINE = "not_mine", "It is not my way"
        UNCLEAR = "unclear", "I do not understand it"
        OFFENSIVE = "offensive", "It is offensive"
        OTHER = "other", "Something else"

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="reports")
    personal(prediction, "The forecast")
    rank = personal(
        models.PositiveSmallIntegerField(help_text="Place among the forecast's suggestions; 1 is the best."),
        "Which of its suggestions",
    )
    feature = personal(models.CharField(max_length=32), "What the suggestion was about")
    reason = personal(models.CharField(max_length=16, choices=Reason), "Why")
    text = personal(
        models.TextField(
            blank=True, max_length=1000, help_text="In the person's own words. Shown to them and to staff."
        ),
        "Your own words",
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you said so")
    updated_at = personal(models.DateTimeField(auto_now=True), "When you last changed it")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["prediction", "rank"], name="one_report_per_suggestion")]
        indexes = [models.Index(fields=["feature", "created_at"])]

    def __str__(self) -> str:
        return f"{self.feature}: {self.reason}"


class SuggestionSwitch(models.Model):
    """Whether a feature is suggested to anybody. A feature without a row is."""

    feature = plain(models.CharField(max_length=32, unique=True), "what suggestions are about")
    is_off = plain(models.BooleanField(default=True), "whether it is switched off")
    why = plain(models.CharField(max_length=200, blank=True), "why, in words")
    figures = plain(models.JSONField(default=dict), "how many were shown, reported, tried and right, over all people")
    changed_at = plain(models.DateTimeField(), "since when")
    judged_from = plain(
        models.DateTimeField(null=True, help_text="Set when staff switch it on: what is older counts no more."),
        "what is older counts no more",
    )

    class Meta:
        ordering = ["feature"]
        verbose_name_plural = "suggestion switches"

    def __str__(self) -> str:
        return f"{self.feature}: {'off' if self.is_off else 'on'}"
