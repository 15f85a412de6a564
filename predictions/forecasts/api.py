"""REST views of forecasts: of a draft, and earlier ones with their outcomes."""

import io
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request, is_form_media_type
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from config.api import NestedJSONParser
from config.uploads import MAX_JSON_BYTES, RequestTooLarge, refuse_too_large
from posts.content.pictures import CoverMeasures, DamagedImage, UnreadableImage, measure_cover
from predictions.forecasts.answering import AccountNotChosen, AccountNotFound
from predictions.forecasts.filters import PredictionFilter
from predictions.forecasts.selectors import predictions_of
from predictions.forecasts.serializers import (
    PredictionSerializer,
    PredictMultipartSerializer,
    PredictRequestSerializer,
    PredictResponseSerializer,
    prediction_answer,
)
from predictions.forecasts.services import predict
from predictions.models import Prediction

MAX_PICTURES = 10


class PredictThrottle(UserRateThrottle):
    scope = "predict"


class PredictSchema(AutoSchema):
    """Describes the view once, though it answers at both /api/v1/predict and /predict."""

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
        """Forecast what a post will do in its first 24 hours, how sure that is, and what to change."""
        with_media = is_form_media_type(request.content_type)
        serializer = PredictRequestSerializer(data=_payload(request) if with_media else request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        post = asked["post"]
        cover = _cover(request) if with_media else None
        try:
            result = predict(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                text=post["text"],
                hashtags=post.get("hashtags", []),
                publish_at=post.get("scheduled_time_utc") or timezone.now(),
                duration_s=post.get("duration_s"),
                cover=cover,
                client=(post.get("metadata") or {}).get("client") or "",
                explain=asked["explain"],
                suggest=asked["suggest"],
                window=(asked["window"]["start_utc"], asked["window"]["end_utc"]) if asked.get("window") else None,
                with_hours=asked["map"],
            )
        except AccountNotFound as error:
            raise Http404 from error
        except AccountNotChosen as error:
            raise ValidationError({"account_id": str(error)}) from error
        return Response(prediction_answer(result))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # checked before anything is read; forms within the limit stay in memory, so no picture is written to disk
        with_media = is_form_media_type(request.content_type)
        limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE if with_media else MAX_JSON_BYTES
        refuse_too_large(request, limit)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(RequestTooLarge() if isinstance(exc, RequestDataTooBig) else exc)


@extend_schema(tags=["predictions"])
class PredictionListView(generics.ListAPIView[Prediction]):
    """The person's forecasts, newest first."""

    serializer_class = PredictionSerializer
    filterset_class = PredictionFilter

    def get_queryset(self) -> QuerySet[Prediction]:
        return predictions_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["predictions"])
class PredictionView(generics.RetrieveAPIView[Prediction]):
    """One forecast, with its outcome once that is known."""

    serializer_class = PredictionSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Prediction]:
        return predictions_of(self.request.user)  # type: ignore[arg-type]


def _payload(request: Request) -> Any:
    """Return the JSON of a form: from a field, or from a part sent as a file."""
    part = request.FILES.get("payload")
    text = part.read() if part else request.POST.get("payload")
    if text is None:
        raise ValidationError({"payload": "This part is missing; expected the request as JSON."})
    encoded = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(encoded) > MAX_JSON_BYTES:
        raise RequestTooLarge(f"The payload is too large; at most {MAX_JSON_BYTES:,} bytes are read.")
    return NestedJSONParser().parse(io.BytesIO(encoded))


def _cover(request: Request) -> CoverMeasures | None:
    """Return the measures of the first readable picture; None without pictures.

    Raises ValidationError if there is none, or if a picture before it is damaged.
    """
    pictures = request.FILES.getlist("media")
    if len(pictures) > MAX_PICTURES:
        raise ValidationError({"media": f"There are {len(pictures)} pictures; at most {MAX_PICTURES} are read."})
    unreadable: list[str] = []
    for picture in pictures:
        try:
            return measure_cover(picture.read())
        except DamagedImage as error:
            # unpacking others after it could take seconds
            raise ValidationError({"media": [*unreadable, str(error)]}) from error
        except UnreadableImage as error:
            unreadable.append(str(error))
    if unreadable:
        raise ValidationError({"media": unreadable})
    return None
