"""Each account's learned state, and the errors of its forecasts."""

import numpy as np
from django.db import models

from accounts.models import TikTokAccount
from posts.models import Post
from predictions.models.readable import readable_state
from predictions.models.versions import ModelVersion
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


def _state(weights: "AccountWeights") -> dict[str, object]:
    return readable_state(bytes(weights.state))


def _features(error: "ForecastError") -> list[float]:
    return [round(float(value), 6) for value in np.frombuffer(error.features, "<f4")]


class AccountWeights(PersonalData):
    """The row that stores one account's learned state: its weights and the compact history that forecasts need."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="weights")
    personal(account, "The account")
    version = plain(
        models.PositiveIntegerField(default=1, help_text="Raised by every update."), "raised by every update"
    )
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    plain(model_version, "the shared model beside which they were learned")
    time_zone = personal(
        models.CharField(
            max_length=64,
            blank=True,
            default="",
            db_default="",
            help_text="The account's chosen zone that they were learned with.",
        ),
        "The time zone that you had chosen when they were learned",
    )
    posts_sequence = plain(
        models.PositiveBigIntegerField(
            default=0, help_text="The latest PostsChange.sequence learned from; a higher one makes the row stale."
        ),
        "the change of the posts that they have seen",
    )
    as_of = personal(
        models.DateTimeField(help_text="Learned from nothing observed later."), "The moment whose knowledge they hold"
    )
    updated_at = personal(models.DateTimeField(auto_now=True), "When they were learned")
    posts = personal(models.PositiveIntegerField(help_text="Posts with a label."), "From how many posts")
    state = personal(
        models.BinaryField(help_text="The account's learned state, serialised by the engine."),
        "The latest posts' figures (counts as logarithms) and the weights, as a forecast uses them",
        exported=_state,
    )
    summary = personal(
        models.JSONField(default=dict, help_text="Effects in per cent, readable."),
        "How your audience reacts, readable: effects in per cent with their ranges",
    )

    class Meta:
        verbose_name_plural = "account weights"

    def __str__(self) -> str:
        return f"weights of {self.account}, version {self.version}"


class ForecastError(PersonalData):
    """The error, at one age, of a post's forecast as of its publishing.

    One row for each post and age, whether or not anybody asked for a forecast. It is by the model that served the
    account when the label was measured, and never changes. Drift is judged by these rows.
    """

    # the unique constraint's index serves
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="forecast_errors", db_index=False)
    personal(post, "The post")
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="forecast_errors")
    personal(account, "The account")
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    plain(model_version, "the model that served")
    age_h = personal(
        models.PositiveSmallIntegerField(
            "age in hours", default=24, db_default=24, help_text="Age of the post at the label: 24, or 1 for its start."
        ),
        "How old the post was, in hours",
    )
    due_at = personal(
        models.DateTimeField(db_index=True, help_text="When the post reached that age."), "When the post was so old"
    )
    error = personal(
        models.FloatField(
            help_text="Label minus typical forecast, in the forecast's standard deviations, both of log(1 + likes)."
        ),
        "The likes less the typical forecast, in promised standard deviations",
    )
    covered = personal(
        models.BooleanField(help_text="Whether the label is inside the 80 % interval."),
        "Whether the likes lay in the forecast's range",
    )
    features_version = plain(
        models.PositiveSmallIntegerField(help_text="Only features of one version are compared."),
        "version of the features",
    )
    features = personal(
        models.BinaryField(
            help_text="The forecast's tabular features, float32, little-endian; empty for ages other than 24 h."
        ),
        "What the forecast was made from, as numbers",
        exported=_features,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "age_h"], name="one_error_per_age")]

    def __str__(self) -> str:
        return f"error at {self.age_h} h: {self.error:+.2f}"
