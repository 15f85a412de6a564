"""Suggestions, rules and hours in the API."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.api.serializers import Serializer

LONGEST_WINDOW = timedelta(days=14)
CLOCKS_DIFFER = timedelta(minutes=5)
"""Tolerated for clocks that differ and for the request's way here."""
EVIDENCE = ("own_posts", "other_creators", "randomised_test", "platform_rule")


class WindowSerializer(Serializer[Any]):
    """The first and last moment that the post could be published at."""

    start_utc = serializers.DateTimeField(default_timezone=timezone.get_default_timezone())
    end_utc = serializers.DateTimeField(default_timezone=timezone.get_default_timezone())

    def validate_start_utc(self, start: datetime) -> datetime:
        if start < timezone.now() - CLOCKS_DIFFER:
            raise serializers.ValidationError("The window starts in the past; expected a moment still to come.")
        return start

    def validate(self, window: dict[str, datetime]) -> dict[str, datetime]:
        length = window["end_utc"] - window["start_utc"]
        if length <= timedelta():
            raise serializers.ValidationError({"end_utc": "The window ends before it starts; expected a later moment."})
        if length > LONGEST_WINDOW:
            raise serializers.ValidationError(
                {"end_utc": f"The window is longer than {LONGEST_WINDOW.days} days; expected a shorter one."}
            )
        return window


class ChangesSerializer(Serializer[Any]):
    """The draft's members as they would then be; those that stay are absent."""

    scheduled_time_utc = serializers.DateTimeField(required=False)
    text = serializers.CharField(
        required=False, help_text="With hashtags inline. Absent in recorded forecasts: texts are not kept with them."
    )
    hashtags = serializers.ListField(child=serializers.CharField(), required=False, help_text="Those beside the text.")
    duration_s = serializers.IntegerField(required=False)
    measures = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="Targets of a wording that is left to you: length, questions, sentiment, emoji, cover_...",
    )


class _ImpactSerializer(Serializer[Any]):
    impact_estimate_pct = serializers.FloatField(help_text="Expected effect on likes, in per cent.")
    impact_interval_pct = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="80 % interval of the effect."
    )
    chance = serializers.FloatField(help_text="Probability that it helps, 0 to 1.")
    changes = ChangesSerializer()


class SuggestionSerializer(_ImpactSerializer):
    """A change to the draft with its estimated effect: advice, not a promise."""

    feature = serializers.CharField(help_text="post_time, duration, caption_length, question, tone, emoji, ...")
    action = serializers.CharField()
    value = serializers.CharField()
    title = serializers.CharField(help_text="What to do, in words; hours are local.")
    basis = serializers.CharField(help_text="What it rests on, in words.")
    evidence = serializers.ChoiceField(choices=EVIDENCE)


class CombinationSerializer(_ImpactSerializer):
    """All suggestions at once, or those of them that fit together."""

    features = serializers.ListField(child=serializers.CharField())


class RuleSerializer(Serializer[Any]):
    """A rule of the platform, which is no effect, and what the draft has of what it limits."""

    rule = serializers.CharField()
    limit = serializers.IntegerField()
    found = serializers.IntegerField()
    kept = serializers.BooleanField(help_text="Whether the draft stays within the limit.")
    says = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class HoursSerializer(Serializer[Any]):
    """The draft at every hour of a week, against its own time: seven rows, Monday first, of 24 local hours."""

    time_zone = serializers.CharField(help_text="Chosen (IANA name) or inferred, such as UTC+02:00.")
    effect_pct = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="Effect on likes, in per cent."
    )
    chance = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="Probability that the hour is better."
    )
