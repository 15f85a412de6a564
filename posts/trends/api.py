"""REST view of the hashtags that rise."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from config.api.filters import MomentFilter
from config.api.scopes import POSTS
from config.api.views import ListView
from posts.models import Trend
from posts.trends.selectors import rising_hashtags
from posts.trends.serializers import TrendSerializer


class TrendFilter(django_filters.FilterSet):  # type: ignore[misc]
    language = django_filters.CharFilter(
        method="keep", max_length=8, help_text="ISO 639: trends of this language and of no one language"
    )
    as_of = MomentFilter(method="keep", help_text="what was rising then; by default now")

    class Meta:
        model = Trend
        fields: list[str] = []

    def keep(self, trends: QuerySet[Trend], name: str, value: object) -> QuerySet[Trend]:
        return trends

    def filter_queryset(self, queryset: QuerySet[Trend]) -> QuerySet[Trend]:
        asked = self.form.cleaned_data
        return rising_hashtags(asked.get("language") or "", asked.get("as_of") or timezone.now())


@extend_schema(tags=["trends"])
class TrendListView(ListView[Trend]):
    """Hashtags that rose in the last three days among accounts whose people agree to learning."""

    required_scopes = POSTS
    serializer_class = TrendSerializer
    filterset_class = TrendFilter
    queryset = Trend.objects.none()
