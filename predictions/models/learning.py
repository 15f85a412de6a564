"""Each account's learned state, and the errors of its forecasts."""

from django.db import models

from accounts.models import TikTokAccount
from posts.models import Post
from predictions.models.versions import ModelVersion
from privacy.models import PersonalData


class AccountWeights(PersonalData):
    """The row that stores one account's learned state: its weights and the compact history that forecasts need."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="weights")
    version = models.PositiveIntegerField(default=1, help_text="Raised by every update.")
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    posts_sequence = models.PositiveBigIntegerField(
        default=0, help_text="The latest PostsChange.sequence learned from; a higher one makes the row stale."
    )
    as_of = models.DateTimeField(help_text="Learned from nothing observed later.")
    updated_at = models.DateTimeField(auto_now=True)
    posts = models.PositiveIntegerField(help_text="Posts with a label.")
    state = models.BinaryField(help_text="The account's learned state, serialised by the engine.")
    summary = models.JSONField(default=dict, help_text="The weights by name, readable.")

    class Meta:
        verbose_name_plural = "account weights"

    def __str__(self) -> str:
        return f"{self.account_id} v{self.version}"


class ForecastError(PersonalData):
    """The error, at one age, of a post's forecast as of its publishing.

    One row for each post and age, whether or not anybody asked for a forecast. It is by the model that served the
    account when the label was measured, and never changes. Drift is judged by these rows.
    """

    # the unique constraint's index serves
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="forecast_errors", db_index=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="forecast_errors")
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    age_h = models.PositiveSmallIntegerField(
        "age in hours", default=24, db_default=24, help_text="Age of the post at the label: 24, or 1 for its start."
    )
    due_at = models.DateTimeField(db_index=True, help_text="When the post reached that age.")
    error = models.FloatField(
        help_text="Label minus typical forecast, in the forecast's standard deviations, both of log(1 + likes)."
    )
    covered = models.BooleanField(help_text="Whether the label is inside the 80 % interval.")
    features_version = models.PositiveSmallIntegerField(help_text="Only features of one version are compared.")
    features = models.BinaryField(
        help_text="The forecast's tabular features, float32, little-endian; empty for ages other than 24 h."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "age_h"], name="one_error_per_age")]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.age_h} h: {self.error:+.2f}"
