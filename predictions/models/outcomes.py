"""Outcomes of forecasts."""

import math

from django.db import models

from posts.models import Post
from predictions.models.forecasts import Prediction
from privacy.models import PersonalData

_Z80 = 1.2816
"""Half the width of a normal 80 % interval, in standard deviations."""


class Outcome(PersonalData):
    """A forecast's post at the horizon, and how far off the forecast was."""

    class Label(models.TextChoices):
        MEASURED = "measured"
        ESTIMATED = "estimated"

    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="outcome")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="outcomes")
    label = models.CharField(max_length=16, choices=Label)
    # None in rows older than this column
    sd = models.FloatField(null=True, help_text="Uncertainty of the likes: standard deviation of log(1 + likes).")
    likes = models.FloatField()
    comments = models.FloatField(null=True)
    shares = models.FloatField(null=True)
    views = models.FloatField(null=True)
    # |forecast - likes| / likes; None for a post without likes
    error = models.FloatField(null=True, help_text="Of the point forecast, as a share of the likes.")
    typical_error = models.FloatField(null=True, help_text="Of the typical forecast, as a share of the likes.")
    baseline_error = models.FloatField(null=True, help_text="Of the baseline, as a share of the likes.")
    within_interval = models.BooleanField()
    engagement_rate = models.FloatField(null=True, help_text="Likes, comments and shares per view; None without views.")
    measures_within = models.JSONField(
        default=dict, help_text="By measure, whether it lay in its interval; engagement_rate among them."
    )
    met_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"outcome of {self.prediction_id}"

    @property
    def is_measured(self) -> bool:
        """True if forecasts may be judged by it: estimates are too uncertain."""
        return self.label == self.Label.MEASURED

    @property
    def low(self) -> float | None:
        """The lower end of the 80 % interval of estimated likes; None for measured ones, or without `sd`."""
        return self._likes_at(-_Z80)

    @property
    def high(self) -> float | None:
        """The upper end of that interval."""
        return self._likes_at(_Z80)

    def _likes_at(self, deviations: float) -> float | None:
        if self.is_measured or self.sd is None:
            return None
        return max(0.0, math.expm1(math.log1p(self.likes) + deviations * self.sd))
