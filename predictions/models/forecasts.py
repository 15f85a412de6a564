"""Forecasts as they were shown."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from predictions.models.versions import ModelVersion
from privacy.models import PersonalData


class Prediction(PersonalData):
    """A forecast of a draft, recorded as it was shown."""

    class Bucket(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.prediction_id, editable=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="predictions")
    created_at = models.DateTimeField(auto_now_add=True)
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    weights_version = models.PositiveIntegerField(null=True)
    basis = models.CharField(max_length=16, help_text="prior, population or account")
    # the draft
    publish_at = models.DateTimeField()
    duration_s = models.PositiveIntegerField(null=True)
    caption = models.TextField(blank=True, help_text="Empty unless the person chose to keep drafts.")
    caption_fingerprint = models.CharField(max_length=64)
    caption_length = models.PositiveIntegerField()
    hashtags = ArrayField(models.CharField(max_length=200), default=list)
    client = models.CharField(max_length=100, blank=True, help_text="metadata.client, e.g. web-v0.9")
    # the forecast
    point = models.FloatField()
    typical = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    bucket = models.CharField(max_length=8, choices=Bucket)
    baseline = models.FloatField(null=True)
    metrics = models.JSONField(default=dict)
    measures = models.JSONField(default=dict, help_text="By measure, the typical value and the interval [low, high].")
    engagement_rate = models.JSONField(null=True, help_text="Likes, comments and shares per view; the same shape.")
    warnings = models.JSONField(default=list)
    explanation = models.JSONField(
        null=True, help_text="Effect of each feature against the account's usual, in per cent; null if not asked for."
    )
    latency_ms = models.FloatField()

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
