"""Reports in the API."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.insights.words import SURENESS, title_of
from predictions.outcomes.serializers import ForecastBehindSerializer, OutcomeSerializer
from predictions.period_reports.periods import PeriodKind
from predictions.period_reports.report import PeriodReport, ReportedPost

FIRST_DAY = date(2014, 1, 1)
"""Before TikTok had posts."""
LOOKS_AHEAD = timedelta(days=366)


def reported_day(day: date) -> None:
    """Raise ValidationError for a day of no report: the calendar ends in some years, and periods beside them fail."""
    if not FIRST_DAY <= day <= timezone.localdate() + LOOKS_AHEAD:
        raise serializers.ValidationError(f"This is before {FIRST_DAY}, or more than a year ahead.")


class ReportQuerySerializer(Serializer[Any]):
    """The period that is asked for."""

    period = serializers.ChoiceField(choices=[kind.value for kind in PeriodKind], default=PeriodKind.WEEK.value)
    day = serializers.DateField(
        required=False,
        validators=[reported_day],
        help_text="Any day of the period, in the account's local time; by default of the last full one.",
    )


class LearnedHabitSerializer(Serializer[Any]):
    """A habit that surely makes a difference."""

    title = serializers.SerializerMethodField()
    effect_pct = serializers.FloatField(help_text="On likes, against the account's usual post.")
    low_pct = serializers.FloatField(help_text="Lower end of the 80 % interval.")
    high_pct = serializers.FloatField()
    sureness = serializers.SerializerMethodField()

    def get_title(self, insight: Any) -> str:
        return title_of(insight)

    def get_sureness(self, insight: Any) -> str:
        return str(SURENESS[insight.sureness])


class ReportedPostSerializer(Serializer[ReportedPost]):
    """A post of the period."""

    id = serializers.CharField(source="post.public_id")
    posted_at = serializers.DateTimeField(source="post.posted_at")
    likes = serializers.IntegerField(source="post.likes", allow_null=True, help_text="So far, as are the next three.")
    views = serializers.IntegerField(source="post.views", allow_null=True)
    comments = serializers.IntegerField(source="post.comments", allow_null=True)
    shares = serializers.IntegerField(source="post.shares", allow_null=True)
    against_usual = serializers.FloatField(
        allow_null=True, help_text="Likes over the average of the five posts before it; null within its first day."
    )
    forecast = ForecastBehindSerializer(source="result.prediction", allow_null=True, default=None)
    result = OutcomeSerializer(allow_null=True, help_text="Null without a forecast, and until there is a result.")


class PeriodReportSerializer(Serializer[PeriodReport]):
    """A week or a month of an account, as far as it is known now."""

    account = serializers.CharField(source="account.public_id")
    period = serializers.CharField(source="period.kind")
    first_day = serializers.DateField(source="period.first")
    last_day = serializers.DateField(source="period.last")
    is_over = serializers.BooleanField(help_text="Whether the period has ended.")
    posts_before = serializers.IntegerField(help_text="Posts of the period before.")
    followers_start = serializers.IntegerField(allow_null=True)
    followers_end = serializers.IntegerField(allow_null=True)
    likes = serializers.IntegerField(allow_null=True, help_text="Of all its posts so far, as are the views.")
    views = serializers.IntegerField(allow_null=True)
    results = serializers.SerializerMethodField(help_text="Posts with a forecast and a result, estimates among them.")
    measured = serializers.SerializerMethodField(help_text="Those whose likes were counted near 24 hours.")
    inside = serializers.IntegerField(help_text="Measured results inside their 80 % ranges.")
    typical_likes = serializers.FloatField(allow_null=True, help_text="Median of the typical forecasts of those.")
    measured_likes = serializers.FloatField(allow_null=True, help_text="Median of their likes after 24 hours.")
    median_error = serializers.FloatField(source="error", allow_null=True, help_text="As a share of the likes.")
    baseline_median_error = serializers.FloatField(source="baseline_error", allow_null=True)
    best = serializers.CharField(source="best.post.public_id", allow_null=True, default=None)
    worst = serializers.CharField(source="worst.post.public_id", allow_null=True, default=None)
    sentence = serializers.CharField(help_text="How right the forecasts were, in words.")
    learned = LearnedHabitSerializer(many=True)
    posts = ReportedPostSerializer(many=True)

    def get_results(self, report: PeriodReport) -> int:
        return len(report.results)

    def get_measured(self, report: PeriodReport) -> int:
        return len(report.measured)
