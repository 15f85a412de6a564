"""TikTok accounts in the API; never a credential."""

from rest_framework import serializers

from accounts.linked.time_zones import UnknownTimeZone, require_time_zone
from accounts.models import Credential, TikTokAccount
from config.api.serializers import ModelSerializer


class AccountSerializer(ModelSerializer[TikTokAccount]):
    """An account; profile and counts are empty or null where the creator declined the scope.

    `scopes` and `connection` are null where it was never connected.
    """

    id = serializers.CharField(source="public_id", read_only=True)
    scopes = serializers.ListField(
        child=serializers.CharField(),
        source="credential.scopes",
        read_only=True,
        allow_null=True,
        help_text="What the creator granted.",
    )
    connection = serializers.ChoiceField(
        choices=Credential.State.choices,
        source="credential.state",
        read_only=True,
        allow_null=True,
        help_text="active; lost: TikTok ended it, connect again; revoked: the creator took it back.",
    )

    time_zone = serializers.CharField(
        max_length=64,
        allow_blank=True,
        required=False,
        help_text="IANA name, e.g. Europe/Berlin, of your local time; empty: worked out from the hours of your posts.",
    )

    def validate_time_zone(self, name: str) -> str:
        try:
            return require_time_zone(name)
        except UnknownTimeZone as error:
            raise serializers.ValidationError(str(error)) from error

    class Meta:
        model = TikTokAccount
        fields = [
            "id",
            "display_name",
            "username",
            "is_verified",
            "follower_count",
            "following_count",
            "likes_count",
            "video_count",
            "profile_fetched_at",
            "time_zone",
            "connected_at",
            "disconnected_at",
            "scopes",
            "connection",
        ]
        read_only_fields = [name for name in fields if name != "time_zone"]
