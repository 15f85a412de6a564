"""Filters of the API's list of forecasts."""

import django_filters

from config.api.filters import MomentFilter, TruthFilter
from predictions.models import Prediction


class PredictionFilter(django_filters.FilterSet):  # type: ignore[misc]
    account = django_filters.CharFilter(field_name="account__public_id", help_text="an account's id, acct_...")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", help_text="inclusive")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="exclusive")
    has_outcome = TruthFilter(
        field_name="outcome", lookup_expr="isnull", exclude=True, help_text="true: only forecasts with an outcome"
    )

    class Meta:
        model = Prediction
        fields: list[str] = []
