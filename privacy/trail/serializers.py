"""The access trail in the API."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer
from privacy.models import AccessEvent


class AccessEventSerializer(ModelSerializer[AccessEvent]):
    """Somebody looked at the person's data or changed it. Staff are not named to people; their reason is."""

    who = serializers.CharField(source="actor_kind")

    class Meta:
        model = AccessEvent
        fields = ["at", "who", "action", "what", "through", "why"]
