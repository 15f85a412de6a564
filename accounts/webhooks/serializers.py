"""Webhooks and their messages in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import Delivery, Notice, Webhook
from accounts.webhooks.addresses import LONGEST
from config.api.serializers import ModelSerializer, Serializer

_KINDS = serializers.ListField(
    child=serializers.ChoiceField(choices=Notice.Kind.values),
    min_length=1,
    max_length=len(Notice.Kind),
    required=False,
    help_text="The kinds of notifications that it gets.",
)
_URL = "An address on the public internet that begins with https://."


class NewWebhookSerializer(Serializer[Any]):
    """A webhook to add; by default it gets all kinds."""

    url = serializers.CharField(max_length=LONGEST, help_text=_URL)
    kinds = _KINDS


@extend_schema_serializer(component_name="WebhookChange")
class ChangeWebhookSerializer(Serializer[Any]):
    """A change of a webhook; absent members stay as they are."""

    url = serializers.CharField(max_length=LONGEST, required=False, help_text=_URL)
    kinds = _KINDS
    enabled = serializers.BooleanField(required=False, help_text="false: nothing more is sent until it is true again.")


@extend_schema_serializer(component_name="Webhook")
class WebhookSerializer(ModelSerializer[Webhook]):
    """An address that notifications are sent to."""

    id = serializers.CharField(source="public_id", read_only=True)
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Notice.Kind.values), read_only=True)
    enabled = serializers.SerializerMethodField(help_text="false where you or many failures switched it off.")

    class Meta:
        model = Webhook
        fields = ["id", "url", "kinds", "enabled", "created_at", "disabled_at"]
        read_only_fields = fields

    def get_enabled(self, webhook: Webhook) -> bool:
        return webhook.disabled_at is None


@extend_schema_serializer(component_name="AddedWebhook")
class AddedWebhookSerializer(WebhookSerializer):
    """The answer to adding a webhook: the only time that its secret is shown."""

    secret = serializers.CharField(read_only=True, help_text="whsec_ and the key in base64, which signs messages.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class AttemptSerializer(Serializer[Any]):
    """One attempt to send a message."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Of the answer; null where none came.")
    ms = serializers.IntegerField(help_text="How long it took.")
    error = serializers.CharField(help_text="Why no answer came, as one word; empty where one did.")


@extend_schema_serializer(component_name="WebhookDelivery")
class DeliverySerializer(ModelSerializer[Delivery]):
    """A message to a webhook, with each attempt to send it."""

    id = serializers.CharField(source="public_id", read_only=True, help_text="The header `webhook-id` of each attempt.")
    notification = serializers.CharField(
        source="notice.public_id", read_only=True, allow_null=True, default=None, help_text="Null for a test."
    )
    kind = serializers.CharField(read_only=True, help_text="A kind of notifications, or `test`.")
    attempts = AttemptSerializer(many=True, read_only=True, help_text="The latest ones, in their order.")

    class Meta:
        model = Delivery
        fields = ["id", "kind", "notification", "state", "body", "attempts", "next_attempt_at", "created_at"]
        read_only_fields = fields
