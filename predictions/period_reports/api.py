"""REST view of reports."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.local_time import zone_of
from accounts.seats.access import open_named
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.period_reports.periods import Period, PeriodKind
from predictions.period_reports.selectors import period_report
from predictions.period_reports.serializers import PeriodReportSerializer, ReportQuerySerializer


@extend_schema(tags=["accounts"])
class AccountReportView(View):
    """A week or a month of an account."""

    required_scopes = FORECASTS
    query_parameters = {"GET": ("period", "day"), "HEAD": ("period", "day")}

    @extend_schema(parameters=[ReportQuerySerializer], responses=PeriodReportSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Report what the account published in a week or a month, how it did, and how right the forecasts were."""
        account = open_named(request, public_id).account
        query = ReportQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        kind, day, now = PeriodKind(query.validated_data["period"]), query.validated_data.get("day"), timezone.now()
        today = timezone.localdate(now, zone_of(account))
        period = Period.around(kind, day) if day else Period.last_full(kind, today)
        return Response(PeriodReportSerializer(period_report(account, period, now)).data)
