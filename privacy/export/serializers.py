"""Exports in the API."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer
from privacy.models import DataExport


class ExportSerializer(ModelSerializer[DataExport]):
    """A copy of all that is kept of the person; it can be fetched once it is ready, until it expires."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = DataExport
        fields = ["id", "state", "requested_at", "ready_at", "expires_at", "size"]
