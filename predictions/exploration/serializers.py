"""Requests for an idea and ideas as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.forecasts.serializers import (
    DATA_AS_OF_HELP,
    DATA_WARNINGS_HELP,
    DataWarningSerializer,
    DraftSerializer,
)
from predictions.suggestions.serializers import ChangesSerializer


@extend_schema_serializer(component_name="Explore")
class ExploreRequestSerializer(Serializer[Any]):
    account_id = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="May be left out by a person with one account."
    )
    post = DraftSerializer()


class IdeaSerializer(Serializer[Any]):
    """A change that the account has rarely tried: to learn from, with no promise that it helps."""

    feature = serializers.CharField()
    action = serializers.CharField()
    value = serializers.CharField()
    title = serializers.CharField(help_text="What to do, in words; hours are local.")
    impact_median_pct = serializers.FloatField(help_text="Median effect on likes, in per cent: -5 at least.")
    impact_interval_pct = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="80 % interval of the effect."
    )
    basis = serializers.CharField(help_text="What is known of it, in words.")
    changes = ChangesSerializer()


class ExploreResponseSerializer(Serializer[Any]):
    model_version = serializers.CharField(help_text='"prior" before any model was trained.')
    exploration = serializers.BooleanField(help_text="Always true: this is no suggestion.")
    idea = IdeaSerializer(allow_null=True)
    note = serializers.CharField(allow_null=True, help_text="Says that there is no idea.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text=DATA_AS_OF_HELP)
    data_warnings = DataWarningSerializer(many=True, help_text=DATA_WARNINGS_HELP)
    warnings = serializers.ListField(child=serializers.CharField())
