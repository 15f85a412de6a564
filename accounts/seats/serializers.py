"""Seats in the API."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import Seat
from config.api.serializers import ModelSerializer


class AccountSeatSerializer(ModelSerializer[Seat]):
    """A seat at one's own account; `accepted_at` is null for an invitation that waits."""

    id = serializers.CharField(source="public_id", read_only=True)
    name = serializers.CharField(max_length=60, help_text="What you call the person; they can see it.")

    class Meta:
        model = Seat
        fields = ["id", "name", "role", "invited_at", "invitation_ends_at", "accepted_at"]
        read_only_fields = ["invited_at", "invitation_ends_at", "accepted_at"]


@extend_schema_serializer(component_name="NewSeat")
class NewSeatSerializer(AccountSeatSerializer):
    """The answer to an invitation: the only time that its address is told."""

    address = serializers.CharField(
        read_only=True, help_text="For the one whom you invite: whoever opens it first and signs in has the seat."
    )

    class Meta(AccountSeatSerializer.Meta):
        fields = [*AccountSeatSerializer.Meta.fields, "address"]


class SeatSerializer(ModelSerializer[Seat]):
    """A seat at somebody's account."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    account_name = serializers.CharField(source="account.name", read_only=True)

    class Meta:
        model = Seat
        fields = ["id", "account", "account_name", "role", "accepted_at"]
        read_only_fields = fields
