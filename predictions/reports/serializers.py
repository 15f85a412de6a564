"""Reports of suggestions as the API takes and shows them."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer
from predictions.models import SuggestionReport


class SuggestionReportSerializer(ModelSerializer[SuggestionReport]):
    """A person's report of one suggestion of a forecast.

    `text` is empty unless the person agreed to keep texts. Staff read it.
    """

    rank = serializers.IntegerField(min_value=1, max_value=100, help_text="Place among the suggestions; 1 is the best.")

    class Meta:
        model = SuggestionReport
        fields = ["rank", "feature", "reason", "text", "created_at", "updated_at"]
        read_only_fields = ["feature", "created_at", "updated_at"]
