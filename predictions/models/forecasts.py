"""Forecasts as they were shown."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from predictions.models.versions import ModelVersion
from privacy.declarations.columns import Column, Kind, Sought, personal, plain
from privacy.models import PersonalData


class Prediction(PersonalData):
    """A forecast of a draft, recorded as it was shown."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the forecast's row here")}

    class Bucket(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.prediction_id, editable=False),
        "The forecast's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="predictions")
    personal(account, "The account")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you asked")
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    plain(model_version, "the model that served")
    weights_version = plain(models.PositiveIntegerField(null=True), "the version of the account's weights")
    basis = personal(
        models.CharField(max_length=16, help_text="prior, population or account"),
        "What it rests on: prior, population or account",
    )
    # the draft
    publish_at = personal(models.DateTimeField(), "When the draft was to be published")
    duration_s = personal(models.PositiveIntegerField(null=True), "The draft's length in seconds")
    caption = personal(
        models.TextField(blank=True, help_text="Empty unless the person chose to keep drafts."),
        "The draft's text, only if you chose to keep texts",
    )
    caption_fingerprint = personal(
        models.CharField(max_length=64), "Recognises the draft's post; the text cannot be read from it"
    )
    caption_length = personal(models.PositiveIntegerField(), "Characters of the draft's text")
    hashtags = personal(ArrayField(models.CharField(max_length=200), default=list), "The draft's hashtags")
    client = personal(
        models.CharField(max_length=100, blank=True, help_text="metadata.client, e.g. web-v0.9"),
        "The name of the program that asked",
    )
    # the forecast
    point = personal(models.FloatField(), "The point forecast of likes after 24 hours")
    typical = personal(models.FloatField(), "The typical value")
    low = personal(models.FloatField(), "The lower end of the range")
    high = personal(models.FloatField(), "The upper end of the range")
    bucket = personal(models.CharField(max_length=8, choices=Bucket), "Low, medium or high for this account")
    baseline = personal(models.FloatField(null=True), "The moving average of the last five posts")
    chance_above_usual = personal(
        models.FloatField(null=True, help_text="0 to 1; null without a history."),
        "The chance that the post beats your usual level",
    )
    metrics = personal(models.JSONField(default=dict), "The point forecasts of likes, comments, shares and views")
    measures = personal(
        models.JSONField(default=dict, help_text="By measure, the typical value and the interval [low, high]."),
        "Typical values and ranges of those",
    )
    engagement_rate = personal(
        models.JSONField(null=True, help_text="Likes, comments and shares per view; the same shape."),
        "Likes, comments and shares per view",
    )
    warnings = personal(models.JSONField(default=list), "What the answer warned of")
    explanation = personal(
        models.JSONField(
            null=True,
            help_text="Effect of each feature against the account's usual, in per cent; null if not asked for.",
        ),
        "What moved the forecast away from your usual, in per cent",
    )
    suggestions = personal(
        models.JSONField(null=True, help_text="As they were told, without texts, best first; null if not asked for."),
        "What you were told to change, with the effect and what that rested on",
    )
    combination = personal(
        models.JSONField(null=True, help_text="All suggestions at once; null for fewer than two."),
        "The effect of all suggestions at once",
    )
    viralscore = personal(
        models.JSONField(null=True, help_text="V, its parts and what they rest on; null before they were computed."),
        "How likely it is to spread further than your usual, with its parts",
    )
    latency_ms = plain(models.FloatField(), "how long the answer took")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-created_at"]),
            models.Index(fields=["publish_at"]),
            # a canary's latency is compared each minute
            models.Index(fields=["model_version", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.public_id
