"""Experiments and their assignments in the API."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.engine.experiments.arms import Arms, ImpossibleArms
from predictions.experiments.services import FURTHEST_AHEAD
from predictions.experiments.words import answer_of, instruction_of
from predictions.models import Assignment, Experiment

CLOCKS_DIFFER = timedelta(minutes=5)
"""Tolerated for clocks that differ and for the request's way here."""
_VALUE = "A whole local hour (post_time), characters without hashtags (caption_length), or 0 without and 1 with."


class StartExperimentSerializer(Serializer[Any]):
    """Two ways of posting to compare."""

    account_id = serializers.CharField(max_length=32)
    feature = serializers.ChoiceField(choices=Experiment.Feature.choices)
    first = serializers.IntegerField(min_value=0, max_value=10_000, default=0, help_text=_VALUE)
    second = serializers.IntegerField(min_value=0, max_value=10_000, default=1, help_text=_VALUE)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            asked["arms"] = Arms(asked["feature"], asked["first"], asked["second"])
        except ImpossibleArms as error:
            raise serializers.ValidationError(str(error)) from error
        return asked


class DrawSerializer(Serializer[Any]):
    """The next post."""

    scheduled_time_utc = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=timezone.get_default_timezone(),
        help_text="About when it is planned; of hours, the local day. By default now.",
    )

    def validate_scheduled_time_utc(self, moment: datetime | None) -> datetime | None:
        now = timezone.now()
        if moment and not now - CLOCKS_DIFFER <= moment <= now + FURTHEST_AHEAD:
            raise serializers.ValidationError(
                f"This is not within the next {FURTHEST_AHEAD.days} days; an arm is drawn for an upcoming post."
            )
        return moment


class AssignmentSerializer(ModelSerializer[Assignment]):
    """The arm that was drawn for a post, and what became of it. The post counts whether or not it followed."""

    arm = serializers.SerializerMethodField(help_text="first or second")
    instruction = serializers.SerializerMethodField()
    scheduled_time_utc = serializers.DateTimeField(source="publish_at", read_only=True)
    post = serializers.CharField(source="post.public_id", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Assignment
        fields = [
            *("arm", "instruction", "probability", "assigned_at", "scheduled_time_utc"),
            *("post", "is_followed", "likes"),
        ]
        read_only_fields = fields

    def get_arm(self, assignment: Assignment) -> str:
        return "second" if assignment.is_second else "first"

    def get_instruction(self, assignment: Assignment) -> str:
        return instruction_of(assignment, assignment.experiment)


class ExperimentSerializer(ModelSerializer[Experiment]):
    """An experiment and what is known of it: the second way against the first."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    question = serializers.SerializerMethodField()
    says = serializers.SerializerMethodField(help_text="What is known, in words.")
    interval_pct = serializers.SerializerMethodField(
        help_text="Low and high, 95 % at all times at once; null while either is unbounded."
    )
    assignments = AssignmentSerializer(many=True, read_only=True)

    class Meta:
        model = Experiment
        fields = [
            *("id", "account", "feature", "first", "second", "question", "state", "says"),
            *(
                "started_at",
                "ended_at",
                "judged_at",
                "posts",
                "effect_pct",
                "interval_pct",
                "more_posts",
                "assignments",
            ),
        ]
        read_only_fields = fields

    def get_question(self, experiment: Experiment) -> str:
        return experiment.arms.question

    def get_says(self, experiment: Experiment) -> str:
        return answer_of(experiment)

    def get_interval_pct(self, experiment: Experiment) -> list[float] | None:
        low, high = experiment.low_pct, experiment.high_pct
        return None if low is None or high is None else [low, high]
