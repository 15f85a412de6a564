"""The e-mail address in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import MailAddress, Notice
from config.api.serializers import ModelSerializer, Serializer

KINDS = serializers.ListField(
    child=serializers.ChoiceField(choices=Notice.Kind.values),
    min_length=1,
    max_length=len(Notice.Kind),
    help_text="The kinds of notifications that are sent there.",
)


class MailConsentSerializer(Serializer[Any]):
    """The words by which a person agrees to be written to."""

    version = serializers.IntegerField()
    text = serializers.CharField()


class NewMailAddressSerializer(Serializer[Any]):
    """An address that the person gives, and agrees to be written to."""

    address = serializers.EmailField(max_length=254)
    kinds = KINDS
    agreed_to = serializers.IntegerField(help_text="The version of the words that the person read and agreed to.")


class MailKindsSerializer(Serializer[Any]):
    """Other kinds."""

    kinds = KINDS


@extend_schema_serializer(component_name="MailAddress")
class MailAddressSerializer(ModelSerializer[MailAddress]):
    """The address that the person gave for notifications."""

    kinds = KINDS

    class Meta:
        model = MailAddress
        fields = ["address", "kinds", "agreed_to", "given_at", "confirmed_at", "unconfirmed_until"]
        read_only_fields = fields
