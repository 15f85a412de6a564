"""An account's replay as the API shows it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.models import AccountReplay
from predictions.outcomes.track_record import Standing
from predictions.replays.record import ReplayRecord
from predictions.replays.selectors import record_of


class ReplayedPostSerializer(Serializer[Any]):
    """A post, forecast as of its publishing; counts are likes after 24 hours."""

    post = serializers.CharField()
    posted_at = serializers.DateTimeField()
    low = serializers.FloatField(help_text="Lower end of the 80 % range.")
    typical = serializers.FloatField()
    high = serializers.FloatField(help_text="Upper end of the 80 % range.")
    average = serializers.FloatField(help_text="Mean of the five posts before.")
    likes = serializers.FloatField(help_text="What it got.")
    measured = serializers.BooleanField(help_text="False: the likes are worked out from a count at another age.")
    learned = serializers.BooleanField(help_text="Whether the shared model had learned from the post.")


class ReplayRecordSerializer(Serializer[ReplayRecord]):
    """The replayed forecasts against the moving average, over posts with a like."""

    posts = serializers.IntegerField(source="figures.posts")
    missing = serializers.IntegerField(help_text="Posts that are lacking until the figures say something.")
    inside = serializers.IntegerField(source="figures.within_interval", help_text="Posts inside their range.")
    median_error = serializers.FloatField(
        source="figures.error", allow_null=True, help_text="Of the typical forecast, as a share of the likes."
    )
    average_median_error = serializers.FloatField(source="figures.baseline_error", allow_null=True)
    standing = serializers.ChoiceField(
        source="figures.standing",
        choices=[standing.value for standing in Standing],
        help_text="Against the average of five; better or worse only where a sign test finds it.",
    )
    estimated = serializers.IntegerField(help_text="Posts whose likes are worked out from a count at another age.")
    learned = serializers.IntegerField(help_text="Posts that the shared model had learned from.")
    sentence = serializers.CharField(help_text="The same in words, or what is missing.")
    verdict = serializers.CharField(allow_blank=True, help_text="Empty while posts are too few.")
    notes = serializers.ListField(child=serializers.CharField())


class BestTimeSerializer(Serializer[Any]):
    """A window of local hours or a weekday that surely does better than the account's own."""

    kind = serializers.ChoiceField(choices=["hours", "weekday"])
    first = serializers.IntegerField(help_text="Local hour, or weekday with Monday 0.")
    until = serializers.IntegerField(help_text="Local hour at which the window ends; of a weekday the same as `first`.")
    effect_pct = serializers.FloatField()
    low_pct = serializers.FloatField(help_text="Lower end of the 80 % interval.")
    high_pct = serializers.FloatField()
    chance = serializers.FloatField(help_text="Probability that the effect is above zero.")


class UsualSerializer(Serializer[Any]):
    """Lower quartile, median and upper quartile after 24 hours; absent where a count is not known."""

    likes = serializers.ListField(child=serializers.FloatField(), required=False)
    views = serializers.ListField(child=serializers.FloatField(), required=False)


class AccountReplaySerializer(ModelSerializer[AccountReplay]):
    """An account's last 50 posts forecast as they would have been before publishing, and what is usual for it."""

    account = serializers.CharField(source="account.public_id", read_only=True)
    model_version = serializers.CharField(source="model_version.name", read_only=True, default="prior")
    record = serializers.SerializerMethodField()
    posts = ReplayedPostSerializer(many=True, read_only=True)
    usual = UsualSerializer(read_only=True)
    best_times = BestTimeSerializer(many=True, read_only=True)

    class Meta:
        model = AccountReplay
        fields = [
            *("account", "version", "model_version", "as_of", "updated_at", "history", "enough_at"),
            *("record", "usual", "best_times", "posts"),
        ]
        read_only_fields = fields

    @extend_schema_field(ReplayRecordSerializer)
    def get_record(self, replay: AccountReplay) -> dict[str, Any]:
        return dict(ReplayRecordSerializer(record_of(replay)).data)
