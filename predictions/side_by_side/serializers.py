"""Accounts side by side in the API."""

from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.side_by_side.rows import AccountRow


class SideWarningSerializer(Serializer[dict[str, str]]):
    """A fault of the account's data."""

    code = serializers.CharField(help_text="stale, partial, disconnected or videos_not_allowed.")
    message = serializers.CharField()


class AccountRowSerializer(Serializer[AccountRow]):
    """An account's last full week, and what is planned in this one, by its own local days."""

    account = serializers.CharField(source="account.public_id")
    followers = serializers.IntegerField(source="account.follower_count", allow_null=True)
    first_day = serializers.DateField(source="week.first", help_text="Monday of the last full week.")
    last_day = serializers.DateField(source="week.last")
    usual_likes = serializers.FloatField(allow_null=True, help_text="Median likes after 24 hours.")
    posts = serializers.IntegerField(help_text="Published in that week.")
    followers_gained = serializers.IntegerField(allow_null=True)
    results = serializers.IntegerField(help_text="Posts of that week with a forecast and a measured result.")
    inside = serializers.IntegerField(help_text="Those inside their 80 % ranges.")
    planned = serializers.IntegerField(help_text="Drafts planned for the rest of this week.")
    warnings = SideWarningSerializer(many=True)
