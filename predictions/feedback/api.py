"""REST view of feedback on a forecast."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS
from config.api.views import View, created
from predictions.feedback.selectors import feedback_on
from predictions.feedback.serializers import FeedbackSerializer
from predictions.feedback.services import NoSuchSubject, give_feedback, take_back_feedback
from predictions.forecasts.selectors import predictions_of
from predictions.models import Feedback, Prediction
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample(
    "far too high", value={"subject": "forecast", "verdict": "wrong", "reason": "too_high"}, request_only=True
)


@extend_schema(tags=["predictions"])
class FeedbackView(View):
    """A person's feedback on a forecast: at most one for each subject."""

    required_scopes = FORECASTS
    query_parameters = {"DELETE": ("subject",)}

    @extend_schema(responses=FeedbackSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """List all feedback on the forecast."""
        return Response(FeedbackSerializer(feedback_on(self._prediction(public_id)), many=True).data)

    @extend_schema(
        request=FeedbackSerializer,
        responses={200: FeedbackSerializer, 201: FeedbackSerializer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Say that the forecast was useless or wrong, and why; replaces earlier feedback on the same subject."""
        prediction = self._prediction(public_id)
        serializer = FeedbackSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        feedback, is_first = give_feedback(prediction=prediction, **serializer.validated_data)
        shown = FeedbackSerializer(feedback).data
        return created(shown, reverse("api:prediction-feedback", args=[public_id])) if is_first else Response(shown)

    @extend_schema(parameters=[OpenApiParameter("subject", default=Feedback.FORECAST)], responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Take feedback back; 204 also if there was none."""
        subject = request.query_params.get("subject", Feedback.FORECAST)
        take_back_feedback(prediction=self._prediction(public_id), subject=subject)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NoSuchSubject):
            exc = ValidationError({"subject": str(exc)})
        return super().handle_exception(exc)

    def _prediction(self, public_id: str) -> Prediction:
        return get_object_or_404(predictions_of(self.request.user), public_id=public_id)  # type: ignore[arg-type]
