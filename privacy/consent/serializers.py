"""Consents in the API."""

from rest_framework import serializers

from config.api.serializers import Serializer
from privacy.purposes import Purpose


class ParagraphSerializer(Serializer[dict[str, str]]):
    heading = serializers.CharField()
    words = serializers.CharField()


class ConsentSerializer(Serializer[dict[str, object]]):
    """A purpose: the current text, and how the person stands to it."""

    purpose = serializers.ChoiceField(choices=[each.value for each in Purpose])
    version = serializers.IntegerField(help_text="Of the current text.")
    title = serializers.CharField()
    summary = serializers.CharField(help_text="In one sentence. What counts is the text.")
    text = ParagraphSerializer(many=True)
    given_at = serializers.DateTimeField(allow_null=True, help_text="Null while there is no consent to this version.")
    asked_again = serializers.BooleanField(help_text="Consent was given to an earlier version, which no longer counts.")


class GiveConsentSerializer(Serializer[dict[str, int]]):
    version = serializers.IntegerField(help_text="Of the text that the person has read; it must be the current one.")
