"""What the API shows of people, accounts and API tokens. Never a credential."""

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers

from accounts.models import APIToken, Credential, TikTokAccount, User
from privacy.erasure.inactivity import erased_after


class MeSerializer(serializers.ModelSerializer[User]):
    erased_after = serializers.SerializerMethodField(help_text="Everything is erased then, unless you sign in before.")

    class Meta:
        model = User
        fields = ["username", "date_joined", "erased_after"]
        read_only_fields = fields

    def get_erased_after(self, user: User) -> datetime:
        return erased_after(user)


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


class APITokenSerializer(serializers.ModelSerializer[APIToken]):
    class Meta:
        model = APIToken
        fields = ["id", "name", "hint", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["id", "hint", "created_at", "last_used_at"]

    def validate_expires_at(self, value: object) -> object:
        if value is not None and value <= timezone.now():  # type: ignore[operator]
            raise serializers.ValidationError("This is in the past.")
        return value


class NewAPITokenSerializer(APITokenSerializer):
    """The answer to making a token: the only time that the token itself is shown."""

    token = serializers.CharField(read_only=True)

    class Meta(APITokenSerializer.Meta):
        fields = [*APITokenSerializer.Meta.fields, "token"]
