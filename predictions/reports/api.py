"""REST view of reports of a forecast's suggestions."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS
from config.api.views import View, created
from config.numbers import whole_number
from predictions.models import Prediction
from predictions.reports.selectors import reported_forecasts, reports_on
from predictions.reports.serializers import SuggestionReportSerializer
from predictions.reports.services import NoSuchSuggestion, report_suggestion, take_back_report
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample("it does not fit", value={"rank": 1, "reason": "not_mine"}, request_only=True)


@extend_schema(tags=["predictions"])
class SuggestionReportView(View):
    """A person's reports of bad suggestions: at most one for each suggestion of a forecast."""

    required_scopes = FORECASTS
    query_parameters = {"DELETE": ("rank",)}

    @extend_schema(responses=SuggestionReportSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """List the reports of the forecast's suggestions."""
        return Response(SuggestionReportSerializer(reports_on(self._prediction(public_id)), many=True).data)

    @extend_schema(
        request=SuggestionReportSerializer,
        responses={200: SuggestionReportSerializer, 201: SuggestionReportSerializer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Report a suggestion as bad, and say why; replaces an earlier report of the same suggestion."""
        prediction = self._prediction(public_id)
        serializer = SuggestionReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            report, is_first = report_suggestion(prediction=prediction, **serializer.validated_data)
        except NoSuchSuggestion as error:
            raise ValidationError({"rank": str(error)}) from error
        shown = SuggestionReportSerializer(report).data
        return created(shown, reverse("api:prediction-reports", args=[public_id])) if is_first else Response(shown)

    @extend_schema(parameters=[OpenApiParameter("rank", int, required=True)], responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Take a report back; 204 also if there was none."""
        prediction = self._prediction(public_id)
        rank = whole_number(request.query_params.get("rank", ""))
        if rank is None:
            raise ValidationError({"rank": "This is no rank; expected a whole number from 1."})
        take_back_report(prediction=prediction, rank=rank)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _prediction(self, public_id: str) -> Prediction:
        return get_object_or_404(reported_forecasts(self.request.user), public_id=public_id)  # type: ignore[arg-type]
