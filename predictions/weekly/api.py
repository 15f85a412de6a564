"""REST view of an account's week."""

from datetime import date

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.weekly.selectors import last_week, week_report
from predictions.weekly.serializers import WeekReportSerializer
from privacy.consent.selectors import require
from privacy.purposes import Purpose

WEEK = OpenApiParameter("week", date, description="A local day of the week; by default of the last whole one.")


@extend_schema(tags=["accounts"])
class AccountWeekView(View):
    required_scopes = FORECASTS
    query_parameters = {"GET": ("week",), "HEAD": ("week",)}

    @extend_schema(parameters=[WEEK], responses=WeekReportSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return what was published in a week of the account, which results came, and what is planned for the next."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        require(account.user_id, Purpose.SERVICE)
        written = request.query_params.get("week")
        day = read_day(written) if written else last_week(account, timezone.now())
        if day is None:
            raise ValidationError({"week": "This is no day; expected one of 2000 to 2099 such as 2026-11-23."})
        return Response(WeekReportSerializer(week_report(account, day)).data)


def read_day(written: str) -> date | None:
    """Return the day of 2000 to 2099 that is written as in ISO 8601, e.g. 2026-11-23; None for anything else."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 and written == str(day) else None
