"""TikTok accounts in the API; never a credential."""

from rest_framework import serializers

from accounts.models import Credential, TikTokAccount


class AccountSerializer(serializers.ModelSerializer[TikTokAccount]):
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
            "connected_at",
            "disconnected_at",
            "scopes",
            "connection",
        ]
        read_only_fields = fields
