"""What the API takes and shows of predictions: the contract's shapes and names."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from posts.content import MAX_CAPTION, MAX_HASHTAG, is_hashtag
from predictions.models import AccountWeights, Benchmark, Feedback, Outcome, Prediction
from predictions.selectors import most_followers
from predictions.services import MAX_CLIENT, PredictionResult
from predictions.skill import Skill, Standing
from privacy.anonymity.blanking import blank_contacts

MAX_HASHTAGS = 100
MAX_DURATION_S = 3600
FURTHEST_AHEAD = timedelta(days=365)
# clocks differ, and a request is on its way for a while
FURTHEST_BACK = timedelta(minutes=5)
HORIZON_HOURS = 24


class LocationSerializer(serializers.Serializer[Any]):
    """Where the post will be published from. Accepted and not stored."""

    lat = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    lon = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)


class MetadataSerializer(serializers.Serializer[Any]):
    """About the program that asks. Only `client` is stored."""

    client = serializers.CharField(
        max_length=MAX_CLIENT,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Name and version, e.g. web-v0.9.",
    )
    platform = serializers.CharField(max_length=100, required=False, allow_blank=True, allow_null=True)


class DraftSerializer(serializers.Serializer[Any]):
    """The planned post."""

    text = serializers.CharField(
        max_length=MAX_CAPTION,
        allow_blank=True,
        trim_whitespace=False,
        help_text="The caption. Measured, and stored only for people who chose to keep drafts.",
    )
    scheduled_time_utc = serializers.DateTimeField(
        required=False, allow_null=True, default_timezone=timezone.get_default_timezone(), help_text="By default now."
    )
    hashtags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_HASHTAG),
        max_length=MAX_HASHTAGS,
        required=False,
        help_text="In addition to those in the text, with or without #.",
    )
    duration_s = serializers.IntegerField(
        min_value=1, max_value=MAX_DURATION_S, required=False, allow_null=True, help_text="Of the video, in seconds."
    )
    location = LocationSerializer(required=False, allow_null=True)
    metadata = MetadataSerializer(required=False, allow_null=True)

    def validate_hashtags(self, tags: list[str]) -> list[str]:
        """They are kept, where a caption is not: whatever is no hashtag has no place among them."""
        for tag in tags:
            if not is_hashtag(tag):
                raise serializers.ValidationError(f"“{tag}” is no hashtag: one word, without spaces and punctuation.")
            if blank_contacts(tag.strip()) != tag.strip():
                raise serializers.ValidationError(f"“{tag}” looks like a way to reach somebody, which is not kept.")
        return tags

    def validate_scheduled_time_utc(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        now = timezone.now()
        if moment < now - FURTHEST_BACK:
            raise serializers.ValidationError("This is in the past; a forecast is for a post that is still to come.")
        if moment > now + FURTHEST_AHEAD:
            raise serializers.ValidationError("This is more than a year ahead; too far to forecast.")
        return moment


class PredictRequestSerializer(serializers.Serializer[Any]):
    account_id = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="May be left out by a person with one account."
    )
    post = DraftSerializer()
    explain = serializers.BooleanField(default=False, help_text="Whether `explanation` is filled.")


class PredictMultipartSerializer(serializers.Serializer[Any]):
    """The same JSON with pictures."""

    payload = PredictRequestSerializer()
    media = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        help_text="Pictures (JPEG, PNG, WebP, GIF); the first readable one counts as the cover. None is stored.",
    )


class MetricsSerializer(serializers.Serializer[Any]):
    """Counts at the horizon; those that nothing is known of are absent."""

    likes = serializers.FloatField()
    comments = serializers.FloatField(required=False)
    shares = serializers.FloatField(required=False)
    views = serializers.FloatField(required=False)


class RangeSerializer(serializers.Serializer[Any]):
    """A typical value, and the interval that 80 % of posts lie within."""

    typical = serializers.FloatField(help_text="The median forecast.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Low and high."
    )


class MeasuresSerializer(serializers.Serializer[Any]):
    """Counts at the horizon with their intervals; those that nothing is known of are absent."""

    likes = RangeSerializer(required=False)
    comments = RangeSerializer(required=False)
    shares = RangeSerializer(required=False)
    views = RangeSerializer(required=False)


RATE_HELP = "(likes + comments + shares) / views, from 0 to 1; null where views, comments or shares are not known."


class GivenForecastSerializer(serializers.Serializer[Any]):
    predicted_engagement = serializers.FloatField(help_text="The point forecast of the likes: least relative error.")
    predicted_bucket = serializers.ChoiceField(
        choices=Prediction.Bucket.choices, help_text="Against the middle half of the account's own recent posts."
    )
    typical = serializers.FloatField(help_text="The median forecast of the likes.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Low and high: 80 % of posts lie within."
    )
    metrics = MetricsSerializer()
    measures = MeasuresSerializer()
    engagement_rate = RangeSerializer(allow_null=True, help_text=RATE_HELP)
    horizon_hours = serializers.IntegerField()


class BaselineSerializer(serializers.Serializer[Any]):
    predicted_engagement = serializers.FloatField(
        allow_null=True, help_text="Mean of the account's last five posts; null while there are none."
    )


class SuggestionSerializer(serializers.Serializer[Any]):
    """A change to the draft with its estimated effect. None are made yet."""

    feature = serializers.CharField()
    action = serializers.CharField()
    value = serializers.CharField()
    impact_estimate_pct = serializers.FloatField()
    impact_interval_pct = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)
    basis = serializers.CharField()


class EffectSerializer(serializers.Serializer[Any]):
    """How much a feature moves the typical forecast away from the account's usual, in per cent."""

    feature = serializers.CharField()
    effect_pct = serializers.FloatField()


class DiagnosticsSerializer(serializers.Serializer[Any]):
    latency_ms = serializers.FloatField(help_text="Of the forecast with its recording; pictures are measured before.")
    feature_fetch_ms = serializers.FloatField(help_text="Of fetching and reading what was learned of the account.")
    inference_ms = serializers.FloatField()
    weights_updated_at = serializers.DateTimeField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What the forecast did not know.")


class PredictResponseSerializer(serializers.Serializer[PredictionResult]):
    prediction_id = serializers.CharField()
    model_version = serializers.CharField(help_text='"prior" before any model was trained.')
    basis = serializers.ChoiceField(
        choices=["prior", "population", "account"], help_text="What the forecast mainly rests on."
    )
    prediction = GivenForecastSerializer()
    baseline = BaselineSerializer()
    suggestions = SuggestionSerializer(many=True)
    explanation = EffectSerializer(many=True)
    diagnostics = DiagnosticsSerializer()

    def to_representation(self, result: PredictionResult) -> dict[str, Any]:
        given = result.prediction
        answer = {
            "prediction_id": given.public_id,
            "model_version": result.model_version,
            "basis": given.basis,
            "prediction": {
                "predicted_engagement": given.point,
                "predicted_bucket": given.bucket,
                "typical": given.typical,
                "interval": [given.low, given.high],
                "metrics": given.metrics,
                "measures": given.measures,
                "engagement_rate": given.engagement_rate,
                "horizon_hours": HORIZON_HOURS,
            },
            "baseline": {"predicted_engagement": given.baseline},
            "suggestions": [],
            "explanation": given.explanation or [],
            "diagnostics": {
                "latency_ms": result.latency_ms,
                "feature_fetch_ms": result.feature_fetch_ms,
                "inference_ms": result.inference_ms,
                "weights_updated_at": result.weights_updated_at,
                "warnings": given.warnings,
            },
        }
        representation: dict[str, Any] = super().to_representation(answer)  # type: ignore[arg-type]
        return representation


class OutcomeSerializer(serializers.ModelSerializer[Outcome]):
    """What the post did at the horizon. Errors are shares of the likes, null where it got none.

    No forecast is judged by an estimate: there errors and `within_interval` are null, and `measures_within` is empty.
    """

    post = serializers.CharField(source="post.public_id", read_only=True)
    low = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Estimated likes lie between low and high four times in five. Null where they were measured, and for "
        "older estimates, whose uncertainty was not kept.",
    )
    high = serializers.FloatField(read_only=True, allow_null=True, help_text="See low.")
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


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    """A forecast as it was given. `caption` is empty unless the person chose to keep drafts."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(source="model_version.name", read_only=True, default="prior")
    metrics = MetricsSerializer(read_only=True)
    measures = MeasuresSerializer(read_only=True)
    engagement_rate = RangeSerializer(read_only=True, allow_null=True, help_text=RATE_HELP)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)
    explanation = EffectSerializer(
        many=True, read_only=True, allow_null=True, help_text="Null where it was not asked for."
    )
    outcome = OutcomeSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Prediction
        fields = [
            *("id", "account", "created_at", "model_version", "weights_version", "basis"),
            *("scheduled_for", "duration_s", "caption", "caption_length", "hashtags", "client"),
            *("point", "typical", "low", "high", "bucket", "baseline", "metrics", "warnings", "outcome"),
            *("measures", "engagement_rate", "explanation"),
        ]
        read_only_fields = fields


class AccountWeightsSerializer(serializers.ModelSerializer[AccountWeights]):
    """What was learned of an account."""

    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(
        source="model_version.name", read_only=True, default="prior", help_text="The model they correct."
    )
    summary = serializers.DictField(child=serializers.FloatField(), read_only=True, help_text="The weights by name.")

    class Meta:
        model = AccountWeights
        fields = ["account", "version", "model_version", "as_of", "updated_at", "posts", "summary"]
        read_only_fields = fields


class BenchmarkSerializer(serializers.ModelSerializer[Benchmark]):
    """What accounts of one size usually got in a quarter: rounded figures with noise, which protects each account."""

    most_followers = serializers.SerializerMethodField(help_text="Null: no bound.")

    class Meta:
        model = Benchmark
        fields = [
            *("quarter", "until", "least_followers", "most_followers", "accounts"),
            *("likes_low", "likes_typical", "likes_high", "engagement_rate", "posts_per_week"),
        ]
        read_only_fields = fields

    def get_most_followers(self, benchmark: Benchmark) -> int | None:
        return most_followers(benchmark.least_followers)


class FeedbackSerializer(serializers.ModelSerializer[Feedback]):
    """What the person holds against a prediction.

    `text` is kept for people who keep texts, and is empty for the others: see the consents. Staff read it.
    """

    class Meta:
        model = Feedback
        fields = ["subject", "verdict", "reason", "text", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class SkillSerializer(serializers.Serializer[Skill]):
    """How well Postcast did for an account against its moving average, over its latest posts with a forecast."""

    posts = serializers.IntegerField(help_text="How many are compared, each with the last forecast before it.")
    estimated = serializers.IntegerField(help_text="Further posts, left out as their likes were only estimated.")
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
    sentence = serializers.CharField(help_text="All this for a creator.")
