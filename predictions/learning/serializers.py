"""An account's weights as the API shows them."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.models import AccountWeights


class LeverEffectSerializer(Serializer[Any]):
    """The effect of one contrast on likes."""

    lever = serializers.CharField()
    contrast = serializers.CharField(help_text="What is compared with what.")
    effect_pct = serializers.FloatField()
    low_pct = serializers.FloatField(help_text="Lower end of the 80 % interval.")
    high_pct = serializers.FloatField(help_text="Upper end of the 80 % interval.")
    chance = serializers.FloatField(help_text="Probability that the effect is above zero.")


class SummarySerializer(Serializer[Any]):
    """Effects on the account's audience; without members until the account is learned again after a release."""

    time_zone = serializers.CharField(required=False, help_text="Chosen (IANA name) or inferred, such as UTC+02:00.")
    posts_learned = serializers.IntegerField(required=False)
    effects = LeverEffectSerializer(many=True, required=False)


class AccountWeightsSerializer(ModelSerializer[AccountWeights]):
    """The weights learned of an account."""

    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(
        source="model_version.name", read_only=True, default="prior", help_text="The global model that they adjust."
    )
    summary = SummarySerializer(read_only=True)

    class Meta:
        model = AccountWeights
        fields = ["account", "version", "model_version", "as_of", "updated_at", "posts", "summary"]
        read_only_fields = fields
