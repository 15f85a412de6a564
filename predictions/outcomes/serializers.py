"""Outcomes and track records as the API shows them."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.models import Outcome, Prediction
from predictions.outcomes.track_record import Standing, TrackRecord


class OutcomeSerializer(ModelSerializer[Outcome]):
    """A post at the horizon. Errors are shares of its likes, null for a post without any.

    Forecasts are not judged by estimates: errors and `within_interval` are null then, and `measures_within` is empty.
    """

    post = serializers.CharField(source="post.public_id", read_only=True)
    low = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Lower end of the 80 % interval of estimated likes. Null for measured ones, and for older estimates, "
        "whose uncertainty was not kept.",
    )
    high = serializers.FloatField(read_only=True, allow_null=True, help_text="Upper end of that interval.")
    within_interval = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="Whether the likes lay in the interval; null for an estimate."
    )
    measures_within = serializers.DictField(
        child=serializers.BooleanField(), read_only=True, help_text="Whether each lay in its interval."
    )

    class Meta:
        model = Outcome
        fields = [
            *("post", "label", "likes", "low", "high", "comments", "shares", "views"),
            *("error", "typical_error", "baseline_error", "within_interval", "met_at"),
            *("engagement_rate", "measures_within"),
        ]
        read_only_fields = fields

    def to_representation(self, outcome: Outcome) -> dict[str, Any]:
        representation: dict[str, Any] = super().to_representation(outcome)
        if not outcome.is_measured:
            judged = ("error", "typical_error", "baseline_error", "within_interval")
            representation |= dict.fromkeys(judged) | {"measures_within": {}}
        return representation


class ForecastBehindSerializer(ModelSerializer[Prediction]):
    """The likes that were forecast. 80 % of posts are meant to lie in the interval."""

    id = serializers.CharField(source="public_id", read_only=True)
    scheduled_time_utc = serializers.DateTimeField(source="publish_at", read_only=True)
    interval = serializers.SerializerMethodField(help_text="Low and high.")
    baseline = serializers.FloatField(
        read_only=True, allow_null=True, help_text="Mean of the account's last five posts; null without one."
    )

    class Meta:
        model = Prediction
        fields = ["id", "created_at", "scheduled_time_utc", "typical", "interval", "baseline", "hashtags"]
        read_only_fields = fields

    def get_interval(self, forecast: Prediction) -> list[float]:
        return [forecast.low, forecast.high]


class ResultSerializer(ModelSerializer[Outcome]):
    """A forecast and what its post became. Of several forecasts of a post it is the last one before it."""

    forecast = ForecastBehindSerializer(source="prediction", read_only=True)
    result = OutcomeSerializer(source="*", read_only=True)
    posted_at = serializers.DateTimeField(source="post.posted_at", read_only=True)

    class Meta:
        model = Outcome
        fields = ["forecast", "posted_at", "result"]
        read_only_fields = fields


class TrackRecordSerializer(Serializer[TrackRecord]):
    """The forecasts of an account's latest posts against its moving average."""

    posts = serializers.IntegerField(help_text="Number of posts compared, each with the last forecast before it.")
    estimated = serializers.IntegerField(help_text="Further posts, left out because their likes were only estimated.")
    nearer = serializers.IntegerField(help_text="Posts for which the typical forecast was nearer than the baseline.")
    equally_near = serializers.IntegerField()
    farther = serializers.IntegerField()
    nearer_share = serializers.FloatField(allow_null=True, help_text="Of the posts.")
    median_error = serializers.FloatField(
        allow_null=True, source="error", help_text="Of the typical forecast, as a share of the likes."
    )
    baseline_median_error = serializers.FloatField(allow_null=True, source="baseline_error")
    coverage = serializers.FloatField(allow_null=True, help_text="Share of the posts inside the 80 % interval.")
    standing = serializers.ChoiceField(
        choices=[standing.value for standing in Standing],
        help_text="Better or worse than the baseline only where a sign test finds that luck is no good explanation.",
    )
    sentence = serializers.CharField(help_text="The same in words, for a creator.")
