"""Nowcasts as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.engine.nowcast import FanPoint, Nowcast
from predictions.engine.types import HOUR, Range
from predictions.nowcasts.selectors import Missing, PostNowcast


class LikelyLikesSerializer(Serializer[Range]):
    """Likes: a typical value, and the ends of the 80 % interval."""

    low = serializers.FloatField()
    typical = serializers.FloatField()
    high = serializers.FloatField()


class FanPointSerializer(Serializer[FanPoint]):
    """The likes that are likely at an age."""

    age_h = serializers.SerializerMethodField(help_text="Hours after publishing.")
    likes = LikelyLikesSerializer()

    def get_age_h(self, point: FanPoint) -> float:
        return point.age / HOUR


class NowcastSerializer(Serializer[Nowcast]):
    """The forecast of likes after 24 hours and the latest count together."""

    age_h = serializers.SerializerMethodField(help_text="Age of the post, in hours, when it was counted.")
    count = serializers.FloatField(help_text="Its likes by then.")
    likes = LikelyLikesSerializer(help_text="After 24 hours. No part of it is below the count.")
    early = LikelyLikesSerializer(help_text="After 24 hours, by the count alone.")
    fan = FanPointSerializer(many=True, help_text="From the count to 24 hours.")
    far_off = serializers.BooleanField(help_text="Whether the interval lies outside the forecast's.")

    def get_age_h(self, told: Nowcast) -> float:
        return told.age / HOUR


class PostNowcastSerializer(Serializer[PostNowcast]):
    """A young post's nowcast. It is computed when asked for; forecasts and suggestions never rest on it."""

    post = serializers.CharField(source="post.public_id")
    prediction = serializers.SerializerMethodField(
        help_text="The last forecast that was made before the post was published; null if there is none."
    )
    forecast_fan = FanPointSerializer(many=True, help_text="The likely course by the forecast alone.")
    nowcast = NowcastSerializer(allow_null=True)
    missing = serializers.ChoiceField(
        choices=[reason.value for reason in Missing],
        allow_null=True,
        help_text="Why there is no nowcast: no_consent to comparing forecasts with posts; no_forecast of this post; "
        "no_count of it between 10 minutes and 24 hours of age; first_day_over.",
    )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_prediction(self, told: PostNowcast) -> Any:
        return told.prediction.public_id if told.prediction else None
