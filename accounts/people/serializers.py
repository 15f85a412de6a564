"""The signed-in person in the API."""

from datetime import datetime

from rest_framework import serializers

from accounts.models import User
from config.api.serializers import ModelSerializer
from privacy.erasure.inactivity import erased_after


class MeSerializer(ModelSerializer[User]):
    erased_after = serializers.SerializerMethodField(help_text="Everything is erased then, unless you sign in before.")

    class Meta:
        model = User
        fields = ["username", "date_joined", "erased_after"]
        read_only_fields = fields

    def get_erased_after(self, user: User) -> datetime:
        return erased_after(user)
