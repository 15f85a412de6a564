"""Filters of the API's list of drafts."""

import django_filters

from config.api.filters import MomentFilter, TruthFilter
from predictions.models import SavedDraft


class SavedDraftFilter(django_filters.FilterSet):  # type: ignore[misc]
    account = django_filters.CharFilter(field_name="account__public_id", help_text="an account's id, acct_...")
    scheduled_after = MomentFilter(field_name="publish_at", lookup_expr="gte", help_text="inclusive")
    scheduled_before = MomentFilter(field_name="publish_at", lookup_expr="lt", help_text="exclusive")
    published = TruthFilter(
        field_name="post", lookup_expr="isnull", exclude=True, help_text="true: only drafts whose post was found"
    )

    class Meta:
        model = SavedDraft
        fields: list[str] = []
