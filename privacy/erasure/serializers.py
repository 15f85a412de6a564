"""Erasures in the API."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from privacy.models import Erasure


class ErasureSerializer(ModelSerializer[Erasure]):
    """An erasure of everything. `/erasures/<id>/` tells without a sign-in how it stands."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = Erasure
        fields = ["id", "state", "requested_at", "due_at"]


class AskForErasureSerializer(Serializer[dict[str, bool]]):
    now = serializers.BooleanField(default=False, help_text="Skip the days in which it can be cancelled.")
