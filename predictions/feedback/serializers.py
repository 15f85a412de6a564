"""Feedback as the API takes and shows it."""

from config.api.serializers import ModelSerializer
from predictions.models import Feedback


class FeedbackSerializer(ModelSerializer[Feedback]):
    """A person's verdict on a forecast.

    `text` is empty unless the person agreed to keep texts. Staff read it.
    """

    class Meta:
        model = Feedback
        fields = ["subject", "verdict", "reason", "text", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]
