"""A week in the API."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.outcomes.serializers import ResultSerializer
from predictions.weekly.selectors import WeekReport


@extend_schema_serializer(component_name="WeekReport")
class WeekReportSerializer(Serializer[WeekReport]):
    """A week of an account, from a local Monday to the next."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="The next Monday's midnight.")
    posts = serializers.SerializerMethodField(help_text="Ids of the posts published in it, oldest first.")
    results = ResultSerializer(
        many=True, help_text="That came in it, the most likes first: the best post is the first."
    )
    judged = serializers.IntegerField(help_text="Results that were measured; estimates judge no forecast.")
    inside = serializers.IntegerField(help_text="Those that lay in their forecast's range.")
    planned = serializers.SerializerMethodField(help_text="Ids of the drafts planned for the week after.")

    def get_posts(self, report: WeekReport) -> list[str]:
        return [post.public_id for post in report.posts]

    def get_planned(self, report: WeekReport) -> list[str]:
        return [draft.public_id for draft in report.planned]
