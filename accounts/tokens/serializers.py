"""API tokens in the API."""

from django.utils import timezone
from rest_framework import serializers

from accounts.models import APIToken


class APITokenSerializer(serializers.ModelSerializer[APIToken]):
    class Meta:
        model = APIToken
        fields = ["id", "name", "hint", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["id", "hint", "created_at", "last_used_at"]

    def validate_expires_at(self, value: object) -> object:
        if value is not None and value <= timezone.now():  # type: ignore[operator]
            raise serializers.ValidationError("This is in the past.")
        return value


class NewAPITokenSerializer(APITokenSerializer):
    """The answer to making a token: the only time that the token itself is shown."""

    token = serializers.CharField(read_only=True)

    class Meta(APITokenSerializer.Meta):
        fields = [*APITokenSerializer.Meta.fields, "token"]
