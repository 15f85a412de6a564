"""API tokens in the API."""

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers

from accounts.models import APIToken
from accounts.tokens.services import LONGEST_DAYS, LONGEST_VALIDITY, USUAL_DAYS
from config.api.scopes import Scope
from config.api.serializers import ModelSerializer


class APITokenSerializer(ModelSerializer[APIToken]):
    """A token of a program: what it may do, and until when."""

    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=timezone.get_default_timezone(),
        help_text=f"By default {USUAL_DAYS} days from now, at most {LONGEST_DAYS}; null for older tokens.",
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[each.value for each in Scope]),
        required=False,
        min_length=1,
        max_length=len(Scope),
        help_text="What a program may do with it; by default everything that programs may.",
    )

    class Meta:
        model = APIToken
        fields = ["id", "name", "scopes", "hint", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["id", "hint", "created_at", "last_used_at"]

    def validate_expires_at(self, moment: datetime | None) -> datetime:
        now = timezone.now()
        if moment is None:
            raise serializers.ValidationError("A token ends one day; expected a moment, or no such member.")
        if moment <= now:
            raise serializers.ValidationError("This is in the past; expected a moment to come.")
        if moment > now + LONGEST_VALIDITY:
            raise serializers.ValidationError(f"This is too far ahead; expected at most {LONGEST_DAYS} days from now.")
        return moment


class NewAPITokenSerializer(APITokenSerializer):
    """The answer to making a token: the only time that the token itself is shown."""

    token = serializers.CharField(read_only=True)

    class Meta(APITokenSerializer.Meta):
        fields = [*APITokenSerializer.Meta.fields, "token"]
