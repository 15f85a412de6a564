"""Requests for forecasts and forecasts as the API shows them: the contract's shapes and names."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from posts.content.captions import MAX_CAPTION, MAX_HASHTAG, MAX_RETURNED, is_hashtag
from posts.freshness import DataWarning
from posts.serializers import NO_HASHTAG
from predictions.engine import Forecast
from predictions.engine.types import HORIZON, HOUR
from predictions.forecasts.services import MAX_CLIENT, PredictionResult
from predictions.models import Prediction
from predictions.outcomes.serializers import OutcomeSerializer
from predictions.pictures.serializers import PictureSerializer
from predictions.pictures.words import picture_answer
from predictions.scoring.serializers import ViralScoreSerializer
from predictions.scoring.words import in_words
from predictions.suggestions.serializers import (
    CombinationSerializer,
    HoursSerializer,
    RuleSerializer,
    SuggestionSerializer,
    WindowSerializer,
)
from privacy.anonymity.blanking import blank_contacts

MAX_HASHTAGS = 100
MAX_DURATION_S = 3600
FURTHEST_AHEAD = timedelta(days=365)
FURTHEST_BACK = timedelta(minutes=5)
"""Tolerated for clocks that differ and for the request's way here."""


class LocationSerializer(Serializer[Any]):
    """The place of publishing. Accepted and not stored."""

    lat = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    lon = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)


class MetadataSerializer(Serializer[Any]):
    """The program that asks. Only `client` is stored."""

    client = serializers.CharField(
        max_length=MAX_CLIENT,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Name and version, e.g. web-v0.9.",
    )
    platform = serializers.CharField(max_length=100, required=False, allow_blank=True, allow_null=True)


class DraftSerializer(Serializer[Any]):
    """The planned post."""

    text = serializers.CharField(
        max_length=MAX_CAPTION,
        allow_blank=True,
        trim_whitespace=False,
        help_text=f"The caption. TikTok returns the first {MAX_RETURNED} characters of one, so those are measured. "
        "It is stored only for people who chose to keep drafts.",
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
        """Accept nothing but hashtags: they are kept, where a caption is not."""
        errors: dict[Any, Any] = {}
        for index, tag in enumerate(tags):
            if not is_hashtag(tag):
                errors[index] = NO_HASHTAG % tag
            elif blank_contacts(tag.strip()) != tag.strip():
                errors[index] = f"“{tag}” looks like a way to reach somebody, which is not kept."
        if errors:
            raise serializers.ValidationError(errors)
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


@extend_schema_serializer(component_name="Predict")
class PredictRequestSerializer(Serializer[Any]):
    account_id = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="May be left out by a person with one account."
    )
    post = DraftSerializer()
    explain = serializers.BooleanField(default=False, help_text="Whether `explanation` is filled.")
    suggest = serializers.BooleanField(default=True, help_text="Whether `suggestions` are looked for.")
    window = WindowSerializer(
        required=False,
        allow_null=True,
        help_text="When the post could be published; by default two days, from now or around a later planned time.",
    )
    map = serializers.BooleanField(default=False, help_text="Whether `map` is filled.")


@extend_schema_serializer(component_name="PredictForm")
class PredictMultipartSerializer(Serializer[Any]):
    """The same JSON with pictures."""

    payload = PredictRequestSerializer()
    media = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        max_length=1,
        help_text="The cover, as a picture (JPEG, PNG, WebP, GIF, of at most 12 megapixels). It is measured, not "
        "stored.",
    )


class MetricsSerializer(Serializer[Any]):
    """Counts at the horizon; unknown ones are absent."""

    likes = serializers.FloatField()
    comments = serializers.FloatField(required=False)
    shares = serializers.FloatField(required=False)
    views = serializers.FloatField(required=False)


class RangeSerializer(Serializer[Any]):
    """A typical value, and the interval that 80 % of posts lie within."""

    typical = serializers.FloatField(help_text="The median forecast.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Low and high."
    )


class MeasuresSerializer(Serializer[Any]):
    """Counts at the horizon with their intervals; unknown ones are absent."""

    likes = RangeSerializer(required=False)
    comments = RangeSerializer(required=False)
    shares = RangeSerializer(required=False)
    views = RangeSerializer(required=False)


RATE_HELP = "(likes + comments + shares) / views, from 0 to 1; null where views, comments or shares are not known."


class ForecastSerializer(Serializer[Any]):
    predicted_engagement = serializers.FloatField(
        help_text="The point forecast of the likes: it minimises the mean relative error."
    )
    predicted_bucket = serializers.ChoiceField(
        choices=Prediction.Bucket.choices, help_text="Against the middle half of the account's own recent posts."
    )
    typical = serializers.FloatField(help_text="The median forecast of the likes.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Low and high: 80 % of posts lie within."
    )
    chance_above_usual = serializers.FloatField(
        allow_null=True,
        help_text="Probability of more likes than the account's recent level; null without a history, and for those "
        "that were recorded before it was computed.",
    )
    metrics = MetricsSerializer()
    measures = MeasuresSerializer()
    engagement_rate = RangeSerializer(allow_null=True, help_text=RATE_HELP)
    horizon_hours = serializers.IntegerField()


class BaselineSerializer(Serializer[Any]):
    predicted_engagement = serializers.FloatField(
        allow_null=True, help_text="Mean of the account's last five posts; null while there are none."
    )


class EffectSerializer(Serializer[Any]):
    """A feature's effect on the typical forecast, against the account's usual, in per cent."""

    feature = serializers.CharField()
    effect_pct = serializers.FloatField()


class DataWarningSerializer(Serializer[DataWarning]):
    """A fault of the posts under a forecast."""

    code = serializers.ChoiceField(
        choices=["stale", "partial", "disconnected", "videos_not_allowed"],
        help_text="stale: last read more than 48 hours ago; partial: not all posts are read; disconnected: access was "
        "withdrawn or lost; videos_not_allowed: it was declined.",
    )
    message = serializers.CharField(help_text="What that means and what can be done, for the person.")


DATA_AS_OF_HELP = "When the account's posts were last read; null if they never were."
DATA_WARNINGS_HELP = "What is wrong with the account's posts; their messages are among `warnings` too."


class DiagnosticsSerializer(Serializer[Any]):
    latency_ms = serializers.FloatField(help_text="Of forecasting and recording, without measuring pictures.")
    feature_fetch_ms = serializers.FloatField(help_text="Of reading what was learned of the account.")
    inference_ms = serializers.FloatField()
    weights_updated_at = serializers.DateTimeField(allow_null=True)
    data_as_of = serializers.DateTimeField(allow_null=True, help_text=DATA_AS_OF_HELP)
    data_warnings = DataWarningSerializer(many=True, help_text=DATA_WARNINGS_HELP)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What was unknown to the forecast.")


class PredictResponseSerializer(Serializer[Any]):
    """The shape of `prediction_answer`, for the schema: nested serializers would take longer than a forecast."""

    prediction_id = serializers.CharField(allow_null=True, help_text="Null where nothing was recorded.")
    model_version = serializers.CharField(help_text='"prior" before any model was trained.')
    basis = serializers.ChoiceField(
        choices=["prior", "population", "account"], help_text="The main basis of the forecast."
    )
    prediction = ForecastSerializer()
    baseline = BaselineSerializer()
    suggestions = SuggestionSerializer(many=True, help_text="At most five, worth most first.")
    suggestions_note = serializers.CharField(
        allow_null=True, help_text="Says that nothing reliable was found, or what is switched off."
    )
    combination = CombinationSerializer(allow_null=True, help_text="Null for fewer than two suggestions.")
    rules = RuleSerializer(many=True, help_text="Rules of the platform: no effects.")
    map = HoursSerializer(allow_null=True, help_text="Null if not asked for.")
    viralscore = ViralScoreSerializer()
    picture = PictureSerializer(allow_null=True, help_text="Null where none was sent.")
    explanation = EffectSerializer(many=True)
    diagnostics = DiagnosticsSerializer()


def forecast_answer(
    forecast: Prediction | Forecast, measures: dict[str, Any], engagement_rate: dict[str, Any] | None
) -> dict[str, Any]:
    """Return a forecast's figures in the one shape that all answers have, `ForecastSerializer`."""
    return {
        "predicted_engagement": forecast.point,
        "predicted_bucket": forecast.bucket,
        "typical": forecast.typical,
        "interval": [forecast.low, forecast.high],
        "chance_above_usual": forecast.chance_above_usual,
        "metrics": forecast.metrics,
        "measures": measures,
        "engagement_rate": engagement_rate,
        "horizon_hours": HORIZON // HOUR,
    }


def prediction_answer(result: PredictionResult) -> dict[str, Any]:
    """Return a forecast as the API answers it."""
    row, advice = result.prediction, result.advice
    return {
        "prediction_id": row.public_id if row.pk else None,
        "model_version": result.model_version,
        "basis": row.basis,
        "prediction": forecast_answer(row, row.measures, row.engagement_rate),
        "baseline": {"predicted_engagement": row.baseline},
        "suggestions": advice.suggestions if advice else [],
        "suggestions_note": advice.note if advice else None,
        "combination": advice.combination if advice else None,
        "rules": [{**asdict(rule), "kept": rule.kept} for rule in result.rules],
        "map": result.hours,
        "viralscore": in_words(result.viralscore),
        "picture": picture_answer(result.cover),
        "explanation": row.explanation or [],
        "diagnostics": {
            "latency_ms": result.latency_ms,
            "feature_fetch_ms": result.feature_fetch_ms,
            "inference_ms": result.inference_ms,
            "weights_updated_at": result.weights_updated_at,
            "data_as_of": result.data.data_as_of,
            "data_warnings": result.data.warnings,
            "warnings": row.warnings,
        },
    }


class PredictionSerializer(ModelSerializer[Prediction]):
    """A forecast as it was shown. `caption` is empty unless the person chose to keep drafts."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(source="model_version.name", read_only=True, default="prior")
    scheduled_for = serializers.DateTimeField(source="publish_at", read_only=True)
    prediction = serializers.SerializerMethodField()
    baseline = serializers.SerializerMethodField()
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)
    explanation = EffectSerializer(many=True, read_only=True, allow_null=True, help_text="Null if not asked for.")
    suggestions = SuggestionSerializer(
        many=True, read_only=True, allow_null=True, help_text="As they were told; null if not asked for."
    )
    combination = CombinationSerializer(read_only=True, allow_null=True)
    viralscore = serializers.SerializerMethodField()
    outcome = OutcomeSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Prediction
        fields = [
            *("id", "account", "created_at", "model_version", "weights_version", "basis"),
            *("scheduled_for", "duration_s", "caption", "caption_length", "hashtags", "client"),
            *("prediction", "baseline", "warnings", "outcome", "explanation", "suggestions", "combination"),
            "viralscore",
        ]
        read_only_fields = fields

    @extend_schema_field(ForecastSerializer)
    def get_prediction(self, row: Prediction) -> dict[str, Any]:
        return forecast_answer(row, row.measures, row.engagement_rate)

    @extend_schema_field(BaselineSerializer)
    def get_baseline(self, row: Prediction) -> dict[str, Any]:
        return {"predicted_engagement": row.baseline}

    @extend_schema_field(ViralScoreSerializer(allow_null=True))
    def get_viralscore(self, row: Prediction) -> dict[str, Any] | None:
        return in_words(row.viralscore) if row.viralscore else None
