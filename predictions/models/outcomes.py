"""Outcomes of forecasts."""

import math

from django.db import models

from posts.models import Post
from predictions.engine.types import Z80
from predictions.models.forecasts import Prediction
from privacy.declarations.columns import personal
from privacy.models import PersonalData


class Outcome(PersonalData):
    """A forecast's post at the horizon, and how far off the forecast was."""

    class Label(models.TextChoices):
        MEASURED = "measured"
        ESTIMATED = "estimated"

    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="outcome")
    personal(prediction, "The forecast")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="outcomes")
    personal(post, "The post that it was for")
    label = personal(
        models.CharField(max_length=16, choices=Label), "Whether the counts were measured near 24 hours, or estimated"
    )
    # None in rows older than this column
    sd = personal(
        models.FloatField(null=True, help_text="Uncertainty of the likes: standard deviation of log(1 + likes)."),
        "How unsure the likes are: the standard deviation of their logarithm",
    )
    likes = personal(models.FloatField(), "Likes after 24 hours")
    comments = personal(models.FloatField(null=True), "Comments after 24 hours")
    shares = personal(models.FloatField(null=True), "Shares after 24 hours")
    views = personal(models.FloatField(null=True), "Views after 24 hours")
    # |forecast - likes| / likes; None for a post without likes
    error = personal(
        models.FloatField(null=True, help_text="Of the point forecast, as a share of the likes."),
        "How far off the point forecast was, as a share of the likes, measured or estimated",
    )
    typical_error = personal(
        models.FloatField(null=True, help_text="Of the typical forecast, as a share of the likes."),
        "How far off the typical value was",
    )
    baseline_error = personal(
        models.FloatField(null=True, help_text="Of the baseline, as a share of the likes."),
        "How far off the moving average was",
    )
    within_interval = personal(models.BooleanField(), "Whether the likes, measured or estimated, lay in the range")
    engagement_rate = personal(
        models.FloatField(null=True, help_text="Likes, comments and shares per view; None without views."),
        "Likes, comments and shares per view",
    )
    measures_within = personal(
        models.JSONField(
            default=dict, help_text="By measure, whether it lay in its interval; engagement_rate among them."
        ),
        "Which measures lay in their ranges",
    )
    met_at = personal(models.DateTimeField(auto_now_add=True), "When forecast and post were compared")

    def __str__(self) -> str:
        return f"result of {self.prediction}"

    @property
    def is_measured(self) -> bool:
        """True if forecasts may be judged by it: estimates are too uncertain."""
        return self.label == self.Label.MEASURED

    @property
    def low(self) -> float | None:
        """The lower end of the 80 % interval of estimated likes; None for measured ones, or without `sd`."""
        return self._likes_at(-Z80)

    @property
    def high(self) -> float | None:
        """The upper end of that interval."""
        return self._likes_at(Z80)

    def _likes_at(self, deviations: float) -> float | None:
        if self.is_measured or self.sd is None:
            return None
        return max(0.0, math.expm1(math.log1p(self.likes) + deviations * self.sd))
