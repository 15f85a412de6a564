"""REST views of predictions: forecasts of drafts, earlier ones with their outcomes, feedback on them, and what is known
of an account: its weights, and how well its forecasts did."""

import io
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request, is_form_media_type
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from accounts.linked.selectors import accounts_of
from config.api import NestedJSONParser
from posts.content import CoverMeasures, UnreadableImage, measure_cover
from predictions import selectors, services
from predictions.filters import PredictionFilter
from predictions.models import AccountWeights, Feedback, Prediction
from predictions.serializers import (
    AccountWeightsSerializer,
    BenchmarkSerializer,
    FeedbackSerializer,
    PredictionSerializer,
    PredictMultipartSerializer,
    PredictRequestSerializer,
    PredictResponseSerializer,
    SkillSerializer,
)
from predictions.services import PredictionResult

MAX_JSON_BYTES = 256 * 1024
MAX_PICTURES = 10


class PredictThrottle(UserRateThrottle):
    scope = "predict"


class RequestTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."
    default_code = "too_large"


class PredictSchema(AutoSchema):
    """The view answers at /api/v1/predict and at /predict, and is described once."""

    def is_excluded(self) -> bool:
        return not self.path.startswith("/api/")


class PredictView(APIView):
    schema = PredictSchema()
    throttle_classes = [*APIView.throttle_classes, PredictThrottle]

    @extend_schema(
        operation_id="predict",
        tags=["predictions"],
        request={"application/json": PredictRequestSerializer, "multipart/form-data": PredictMultipartSerializer},
        responses=PredictResponseSerializer,
    )
    def post(self, request: Request) -> Response:
        """What will this post do in its first 24 hours, and how sure is that?"""
        with_media = is_form_media_type(request.content_type)
        draft = PredictRequestSerializer(data=_payload(request) if with_media else request.data)
        draft.is_valid(raise_exception=True)
        cover = _cover(_pictures(request)) if with_media else None
        result = _predict(request, draft.validated_data, cover)
        return Response(PredictResponseSerializer(result).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # checked before anything is read. Small enough forms stay in memory: no picture is written to disk
        with_media = is_form_media_type(request.content_type)
        limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE if with_media else MAX_JSON_BYTES
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise RequestTooLarge(f"The request is too large; at most {limit:,} bytes are read.")
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(RequestTooLarge() if isinstance(exc, RequestDataTooBig) else exc)


@extend_schema(tags=["predictions"])
class PredictionListView(generics.ListAPIView[Prediction]):
    """The person's predictions, newest first."""

    serializer_class = PredictionSerializer
    filterset_class = PredictionFilter

    def get_queryset(self) -> QuerySet[Prediction]:
        return selectors.predictions_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["predictions"])
class PredictionView(generics.RetrieveAPIView[Prediction]):
    """One prediction, with its outcome once that is known."""

    serializer_class = PredictionSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Prediction]:
        return selectors.predictions_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["accounts"])
class AccountWeightsView(generics.RetrieveAPIView[AccountWeights]):
    """What was learned of an account; 404 while nothing was."""

    serializer_class = AccountWeightsSerializer
    lookup_field = "account__public_id"
    lookup_url_kwarg = "public_id"

    def get_queryset(self) -> QuerySet[AccountWeights]:
        return selectors.weights_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["predictions"])
class FeedbackView(APIView):
    """What the person holds against a prediction: at most one thing of each subject."""

    @extend_schema(responses=FeedbackSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """All feedback on the prediction."""
        return Response(FeedbackSerializer(selectors.feedback_on(self._prediction(public_id)), many=True).data)

    @extend_schema(request=FeedbackSerializer, responses={200: FeedbackSerializer, 201: FeedbackSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Say that the forecast was useless or wrong, and why; said again, it replaces what was said before."""
        prediction = self._prediction(public_id)
        said = FeedbackSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        feedback, is_first = services.give_feedback(prediction=prediction, **said.validated_data)
        return Response(FeedbackSerializer(feedback).data, status.HTTP_201_CREATED if is_first else status.HTTP_200_OK)

    @extend_schema(parameters=[OpenApiParameter("subject", default=Feedback.FORECAST)], responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Take it back; 204 also where nothing was said."""
        subject = request.query_params.get("subject", Feedback.FORECAST)
        services.take_back_feedback(prediction=self._prediction(public_id), subject=subject)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def handle_exception(self, exc: Exception) -> Response:
        known = isinstance(exc, services.NoSuchSubject)
        return super().handle_exception(ValidationError({"subject": str(exc)}) if known else exc)

    def _prediction(self, public_id: str) -> Prediction:
        return get_object_or_404(selectors.predictions_of(self.request.user), public_id=public_id)  # type: ignore[arg-type]


@extend_schema(tags=["accounts"])
class AccountSkillView(APIView):
    @extend_schema(responses=SkillSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """How well Postcast did for the account against its moving average, with a sentence for its creator."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        return Response(SkillSerializer(selectors.account_skill(account.pk)).data)


@extend_schema(tags=["accounts"])
class AccountBenchmarkView(APIView):
    @extend_schema(responses=BenchmarkSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """What accounts of this one's size usually get; 404 while too few of them are there."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        benchmark = selectors.benchmark_of(account.follower_count)
        if benchmark is None:
            raise Http404
        return Response(BenchmarkSerializer(benchmark).data)


def _payload(request: Request) -> Any:
    """The JSON of a form: in a field, or in a part that was sent as a file."""
    part = request.FILES.get("payload")
    text = part.read() if part else request.POST.get("payload")
    if text is None:
        raise ValidationError({"payload": "This part is missing; expected the request as JSON."})
    encoded = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(encoded) > MAX_JSON_BYTES:
        raise RequestTooLarge(f"The payload is too large; at most {MAX_JSON_BYTES:,} bytes are read.")
    return NestedJSONParser().parse(io.BytesIO(encoded))


def _pictures(request: Request) -> list[bytes]:
    pictures = request.FILES.getlist("media")
    if len(pictures) > MAX_PICTURES:
        raise ValidationError({"media": f"There are {len(pictures)} pictures; at most {MAX_PICTURES} are looked at."})
    return [picture.read() for picture in pictures]


def _cover(pictures: list[bytes]) -> CoverMeasures | None:
    """Measures of the first readable picture; None where there are no pictures."""
    unreadable: list[str] = []
    for picture in pictures:
        try:
            return measure_cover(picture)
        except UnreadableImage as error:
            unreadable.append(str(error))
    if unreadable:
        raise ValidationError({"media": unreadable})
    return None


def _predict(request: Request, asked: dict[str, Any], cover: CoverMeasures | None) -> PredictionResult:
    post = asked["post"]
    try:
        return services.predict(
            user=request.user,  # type: ignore[arg-type]
            account_id=asked.get("account_id"),
            text=post["text"],
            hashtags=post.get("hashtags", []),
            scheduled_for=post.get("scheduled_time_utc") or timezone.now(),
            duration_s=post.get("duration_s"),
            cover=cover,
            client=(post.get("metadata") or {}).get("client") or "",
            explain=asked["explain"],
        )
    except services.AccountNotFound as error:
        raise Http404 from error
    except services.AccountNotChosen as error:
        raise ValidationError({"account_id": str(error)}) from error
