"""Insights as the API shows them."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from posts.imports.serializers import ThemeSerializer
from posts.models import Import
from predictions.benchmarks.serializers import BenchmarkSerializer
from predictions.forecasts.serializers import DataWarningSerializer
from predictions.insights.habits import Section
from predictions.insights.services import AccountInsights, State
from predictions.insights.sureness import Insight, Sureness
from predictions.insights.words import title_of


class InsightSerializer(Serializer[Insight]):
    """The effect of a habit on likes against the account's usual."""

    section = serializers.ChoiceField(choices=[section.value for section in Section])
    name = serializers.CharField(help_text="Such as weekday, window, duration, hashtag, question.")
    value = serializers.CharField(
        help_text="Of a window or hours the first of three hours (of the week from Monday 0:00, or of the day); of a "
        "weekday its number, Monday 0; of a topic its hashtags."
    )
    title = serializers.SerializerMethodField(help_text="The same in words.")
    effect_pct = serializers.FloatField()
    low_pct = serializers.FloatField(help_text="Lower end of the 80 % interval.")
    high_pct = serializers.FloatField(help_text="Upper end of the 80 % interval.")
    chance = serializers.FloatField(help_text="Probability that the effect is above zero.")
    own_posts = serializers.IntegerField(help_text="Posts of the account that are like this.")
    sureness = serializers.ChoiceField(
        choices=[each.value for each in Sureness], help_text="Of the sign. What cannot be told yet is no claim."
    )
    evidence = serializers.ChoiceField(
        choices=["own_posts", "other_creators"], help_text="other_creators: other accounts alone would make it likely."
    )

    def get_title(self, insight: Insight) -> str:
        return title_of(insight)


class HourSerializer(Serializer[Any]):
    """An hour of the local week against the account's usual."""

    effect_pct = serializers.FloatField()
    low_pct = serializers.FloatField()
    high_pct = serializers.FloatField()
    chance = serializers.FloatField()
    own_posts = serializers.IntegerField()


class FittingTrendSerializer(Serializer[Any]):
    """A hashtag that rises and fits the account."""

    tag = serializers.CharField(source="trend.tag")
    as_of = serializers.DateTimeField(source="trend.as_of")
    accounts = serializers.IntegerField(source="trend.accounts", help_text="With noise.")
    growth = serializers.FloatField(source="trend.growth", help_text="Times its usual number of accounts a day.")
    is_used = serializers.BooleanField(help_text="Whether the account has used it; else its topic is near.")


class FollowerCountSerializer(Serializer[Any]):
    """Followers from a moment on."""

    at = serializers.DateTimeField()
    followers = serializers.IntegerField()


class FollowersSerializer(Serializer[Any]):
    """The account's followers over 90 days, at most one count a day."""

    now = serializers.IntegerField()
    change = serializers.IntegerField(allow_null=True, help_text="Since `since`; null with one count.")
    since = serializers.DateTimeField(help_text="Thirty days ago, or the first count if that is later.")
    counts = FollowerCountSerializer(many=True)


class AskedSerializer(Serializer[Import]):
    """Questions and themes that comments of the latest file share, most frequent first."""

    import_id = serializers.CharField(source="public_id", help_text="The file that the comments came with.")
    read_at = serializers.DateTimeField(source="created_at")
    comments = serializers.IntegerField(help_text="Comments that were read; their texts are not kept.")
    themes = ThemeSerializer(many=True)


class InsightsSerializer(Serializer[AccountInsights]):
    """An account's habits, surest first, and the state of the account."""

    state = serializers.ChoiceField(
        choices=[state.value for state in State], help_text="Without `ready` there are no insights and no hours."
    )
    model_version = serializers.CharField()
    updated_at = serializers.DateTimeField(allow_null=True, help_text="When the account was last learned.")
    data_as_of = serializers.DateTimeField(source="data.data_as_of", allow_null=True)
    data_warnings = DataWarningSerializer(source="data.warnings", many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField(source="habits.time_zone", help_text="Chosen, or inferred such as UTC+02:00.")
    posts_learned = serializers.IntegerField(source="habits.posts_learned")
    usual_likes = serializers.FloatField(source="habits.usual_likes", allow_null=True)
    recent_likes = serializers.FloatField(
        source="habits.recent_likes", allow_null=True, help_text="Median over the posts of the last 90 days."
    )
    recent_posts_per_week = serializers.FloatField(source="habits.recent_posts_per_week")
    insights = InsightSerializer(source="habits.insights", many=True)
    week = serializers.ListField(
        source="habits.week",
        child=serializers.ListField(child=HourSerializer()),
        help_text="Seven days of 24 local hours, Monday first.",
    )
    trends = FittingTrendSerializer(many=True)
    followers = FollowersSerializer(allow_null=True)
    benchmark = BenchmarkSerializer(allow_null=True)
    asked = AskedSerializer(allow_null=True, help_text="Null where no file brought comments with themes.")
