"""An account's weights as the API shows them."""

from rest_framework import serializers

from predictions.models import AccountWeights


class AccountWeightsSerializer(serializers.ModelSerializer[AccountWeights]):
    """The weights learned of an account."""

    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(
        source="model_version.name", read_only=True, default="prior", help_text="The global model that they adjust."
    )
    summary = serializers.DictField(child=serializers.FloatField(), read_only=True, help_text="The weights by name.")

    class Meta:
        model = AccountWeights
        fields = ["account", "version", "model_version", "as_of", "updated_at", "posts", "summary"]
        read_only_fields = fields
