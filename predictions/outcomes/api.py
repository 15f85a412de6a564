"""REST views of an account's track record: its figures, and the results that they are of."""

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.filters import MomentFilter
from config.api.scopes import FORECASTS
from config.api.views import ListView, View
from predictions.models import Outcome
from predictions.outcomes.selectors import account_track_record, results_of
from predictions.outcomes.serializers import ResultSerializer, TrackRecordSerializer
from privacy.consent.selectors import require
from privacy.purposes import Purpose


@extend_schema(tags=["accounts"])
class AccountTrackRecordView(View):
    required_scopes = FORECASTS

    @extend_schema(responses=TrackRecordSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Compare the account's forecasts with its moving average, with a sentence for its creator."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        return Response(TrackRecordSerializer(account_track_record(account.pk)).data)


class ResultFilter(django_filters.FilterSet):  # type: ignore[misc]
    posted_after = MomentFilter(field_name="post__posted_at", lookup_expr="gte", help_text="inclusive")
    posted_before = MomentFilter(field_name="post__posted_at", lookup_expr="lt", help_text="exclusive")

    class Meta:
        model = Outcome
        fields: list[str] = []


@extend_schema(tags=["accounts"])
class AccountResultListView(ListView[Outcome]):
    """The account's forecasts with what their posts became, newest results first."""

    required_scopes = FORECASTS
    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    queryset = Outcome.objects.none()

    def get_queryset(self) -> QuerySet[Outcome]:
        account = get_object_or_404(accounts_of(self.request.user), public_id=self.kwargs["public_id"])  # type: ignore[arg-type]
        require(account.user_id, Purpose.SERVICE)
        return results_of(account.pk).order_by("-met_at", "-pk")
