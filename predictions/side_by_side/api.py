"""REST view of accounts side by side."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.seats.access import open_all
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.side_by_side.rows import account_rows
from predictions.side_by_side.serializers import AccountRowSerializer


@extend_schema(tags=["accounts"])
class SideBySideView(View):
    """The person's accounts and those at which they have a seat, one row for each."""

    required_scopes = FORECASTS

    @extend_schema(responses=AccountRowSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Say how each account did in its last full week, and what is planned in this one."""
        rows = account_rows(open_all(request), timezone.now())
        return Response([AccountRowSerializer(row).data for row in rows])
