"""Requests for comparisons and comparisons as the API shows them."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.comparisons.services import FEWEST, MOST, Comparison
from predictions.forecasts.serializers import (
    DATA_AS_OF_HELP,
    DATA_WARNINGS_HELP,
    DataWarningSerializer,
    DraftSerializer,
    ForecastSerializer,
    forecast_answer,
)
from predictions.forecasts.services import range_as_json

TOO_FEW_OR_MANY = f"Expected {FEWEST} to {MOST} drafts."


@extend_schema_serializer(component_name="Compare")
class CompareRequestSerializer(Serializer[Any]):
    account_id = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="May be left out by a person with one account."
    )
    drafts = serializers.ListField(
        child=DraftSerializer(),
        min_length=FEWEST,
        max_length=MOST,
        help_text="Compared in this order, without pictures. Nothing of them is recorded.",
        error_messages={"min_length": TOO_FEW_OR_MANY, "max_length": TOO_FEW_OR_MANY},
    )


class ComparedDraftSerializer(Serializer[Any]):
    basis = serializers.ChoiceField(
        choices=["prior", "population", "account"], help_text="The main basis of the forecast."
    )
    prediction = ForecastSerializer()
    chance_best = serializers.FloatField(help_text="Probability of the most likes of all the drafts.")


class PairSerializer(Serializer[Any]):
    draft = serializers.IntegerField(help_text="Index of the one, from 0.")
    against = serializers.IntegerField(help_text="Index of the other.")
    chance = serializers.FloatField(
        help_text="Probability that the one gets more likes; what is unknown of the account's level is common to both."
    )


class CompareResponseSerializer(Serializer[Any]):
    """The shape of `comparison_answer`, for the schema."""

    model_version = serializers.CharField(help_text='"prior" before any model was trained.')
    drafts = ComparedDraftSerializer(many=True)
    pairs = PairSerializer(many=True, help_text="Each pair once.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text=DATA_AS_OF_HELP)
    data_warnings = DataWarningSerializer(many=True, help_text=DATA_WARNINGS_HELP)
    warnings = serializers.ListField(child=serializers.CharField())


def comparison_answer(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as the API answers it."""
    return {
        "model_version": comparison.model_version,
        "drafts": [
            {
                "basis": forecast.basis,
                "prediction": forecast_answer(
                    forecast,
                    {name: range_as_json(each) for name, each in forecast.measures.items()},
                    range_as_json(forecast.engagement_rate) if forecast.engagement_rate else None,
                ),
                "chance_best": best,
            }
            for forecast, best in zip(comparison.forecasts, comparison.best, strict=True)
        ],
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "data_as_of": comparison.data.data_as_of,
        "data_warnings": comparison.data.warnings,
        "warnings": comparison.warnings,
    }
