"""Trends as the API shows them."""

from config.api.serializers import ModelSerializer
from posts.models import Trend


class TrendSerializer(ModelSerializer[Trend]):
    """A hashtag that rose among many accounts. The counts carry noise, which protects each account."""

    class Meta:
        model = Trend
        fields = ["tag", "language", "as_of", "accounts", "growth", "growth_low", "growth_high"]
        read_only_fields = fields
