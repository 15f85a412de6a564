"""What the API shows of privacy."""

from rest_framework import serializers

from privacy.models import AccessEvent, DataExport, Erasure
from privacy.purposes import Purpose


class ParagraphSerializer(serializers.Serializer[dict[str, str]]):
    heading = serializers.CharField()
    words = serializers.CharField()


class ConsentSerializer(serializers.Serializer[dict[str, object]]):
    """A purpose: the current text, and how the person stands to it."""

    purpose = serializers.ChoiceField(choices=[each.value for each in Purpose])
    version = serializers.IntegerField(help_text="Of the current text.")
    title = serializers.CharField()
    text = ParagraphSerializer(many=True)
    given_at = serializers.DateTimeField(allow_null=True, help_text="Null while there is no consent to this version.")
    asked_again = serializers.BooleanField(help_text="Consent was given to an earlier version, which no longer counts.")


class GiveConsentSerializer(serializers.Serializer[dict[str, int]]):
    version = serializers.IntegerField(help_text="Of the text that the person has read; it must be the current one.")


class AccessEventSerializer(serializers.ModelSerializer[AccessEvent]):
    """Somebody looked at the person's data or changed it. Staff are not named to people; their reason is."""

    who = serializers.CharField(source="actor_kind")

    class Meta:
        model = AccessEvent
        fields = ["at", "who", "action", "what", "through", "why"]


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """An erasure of everything. `/erasures/<id>/` tells without a sign-in how it stands."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = Erasure
        fields = ["id", "state", "requested_at", "due_at"]


class AskForErasureSerializer(serializers.Serializer[dict[str, bool]]):
    now = serializers.BooleanField(default=False, help_text="Skip the days in which it can be cancelled.")


class ExportSerializer(serializers.ModelSerializer[DataExport]):
    """A copy of all that is kept of the person; it can be fetched once it is ready, until it expires."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = DataExport
        fields = ["id", "state", "requested_at", "ready_at", "expires_at", "size"]
