"""The access trail in the API."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer
from privacy.models import AccessEvent
from privacy.trail.sentences import sentence_of
from privacy.trail.words import words_of


class AccessEventSerializer(ModelSerializer[AccessEvent]):
    """Somebody looked at the person's data or changed it. Staff are not named to people; their reason is."""

    who = serializers.CharField(source="actor_kind")
    what = serializers.SerializerMethodField(help_text="Which data, in words.")
    sentence = serializers.SerializerMethodField(help_text="All of it in words, as the page says it.")

    class Meta:
        model = AccessEvent
        fields = ["at", "who", "action", "what", "sentence", "through", "why"]

    def get_what(self, event: AccessEvent) -> str:
        return words_of(event.what)

    def get_sentence(self, event: AccessEvent) -> str:
        return sentence_of(event)
