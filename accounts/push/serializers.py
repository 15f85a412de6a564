"""Subscriptions of browsers in the API."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import PushSubscription
from accounts.push.services import LONGEST_ADDRESS
from config.api.serializers import ModelSerializer, Serializer


class PushKeySerializer(Serializer[Any]):
    """The key that a browser binds its subscription to."""

    public_key = serializers.CharField(help_text="`applicationServerKey` of `PushManager.subscribe`, in base64url.")


class NewPushSubscriptionSerializer(Serializer[Any]):
    """A subscription as the browser made it: `endpoint`, and `keys` of `PushSubscription.toJSON()`."""

    url = serializers.CharField(max_length=LONGEST_ADDRESS, help_text="The subscription's `endpoint`.")
    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=32)
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        default=settings.LANGUAGE_CODE,
        help_text="Of the messages.",
    )


@extend_schema_serializer(component_name="PushSubscription")
class PushSubscriptionSerializer(ModelSerializer[PushSubscription]):
    """A browser that is told of notifications."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = PushSubscription
        fields = ["id", "url", "device", "language", "created_at"]
        read_only_fields = fields
