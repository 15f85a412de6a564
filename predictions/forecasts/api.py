"""REST views of forecasts: of a draft, and earlier ones with their outcomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request, is_form_media_type
from rest_framework.response import Response

from config.api.names import shown, unknown_name
from config.api.parsers import StrictJSONParser, parse_json
from config.api.problems import MissingObject
from config.api.schema import DescribedSchema
from config.api.scopes import FORECASTS, FORECASTS_READ
from config.api.views import ListView, RetrieveView, View
from config.rate_limits import Limit, enforce
from config.uploads import MAX_JSON_BYTES, RequestTooLarge
from posts.content.pictures import DraftCover, UnreadableImage, measure_draft_cover
from predictions.forecasts.answering import AccountNotChosen, AccountNotFound
from predictions.forecasts.examples import DRAFT_EXAMPLE
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
from telemetry.idempotency.writes import idempotent

_REQUEST = PredictRequestSerializer()
"""Validates every request: making a serializer, whose fields are copied, takes longer than validating."""
PARTS = ("payload", "media")
"""Of a form."""
UNDECODED, UNDECODED_JSON = "\N{REPLACEMENT CHARACTER}", r"\ufffd"
"""Django's replacement for bytes of a form that are not UTF-8, and JSON's ways to write that character."""


class PredictSchema(DescribedSchema):
    """Describes the view once, though it answers at both /api/v1/predict and /predict."""

    def is_excluded(self) -> bool:
        return not self.path.startswith("/api/")


_DESCRIBED: dict[str, Any] = {
    "tags": ["predictions"],
    "request": {"application/json": PredictRequestSerializer, "multipart/form-data": PredictMultipartSerializer},
    "responses": PredictResponseSerializer,
    "examples": [DRAFT_EXAMPLE],
}


class DraftView(View):
    """Base of the views that forecast a draft: JSON, or a form with a picture."""

    parser_classes = [StrictJSONParser, MultiPartParser]

    def body_limit(self, request: Request) -> int:
        """Return how many bytes are read: forms within the limit stay in memory, so no picture is written to disk."""
        return settings.FILE_UPLOAD_MAX_MEMORY_SIZE if is_form_media_type(request.content_type) else self.most_bytes

    def answer(self, request: Request, *, record: bool) -> Response:
        """Forecast the draft of the request, and record the forecast if asked to."""
        with_media = is_form_media_type(request.content_type)
        picture = _picture(request) if with_media else None
        asked = _REQUEST.run_validation(_payload(request) if with_media else request.data)
        post = asked["post"]
        if picture is not None:
            enforce(request, Limit.UPLOAD)
        user, account_id = request.user, asked.get("account_id")
        with account_errors():
            result = predict(
                user=user,  # type: ignore[arg-type]
                account_id=account_id,
                text=post["text"],
                hashtags=post.get("hashtags", []),
                publish_at=post.get("scheduled_time_utc") or timezone.now(),
                duration_s=post.get("duration_s"),
                cover=partial(_measured, picture) if picture is not None else None,
                client=(post.get("metadata") or {}).get("client") or "",
                explain=asked["explain"],
                suggest=asked["suggest"],
                window=(asked["window"]["start_utc"], asked["window"]["end_utc"]) if asked.get("window") else None,
                with_hours=asked["map"],
                record=record,
            )
        return Response(prediction_answer(result))


class PredictView(DraftView):
    schema = PredictSchema()
    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.PREDICT,)}

    @extend_schema(operation_id="predict", **_DESCRIBED)
    @idempotent
    def post(self, request: Request) -> Response:
        """Forecast what a post will do in its first 24 hours, how sure that is, and what to change."""
        return self.answer(request, record=True)


class ForecastView(DraftView):
    required_scopes = FORECASTS_READ
    rate_limits = {"POST": (Limit.FORECAST,)}
    # a picture is not sent again with each letter: `predict` takes one
    parser_classes = [StrictJSONParser]

    @extend_schema(operation_id="forecast", **_DESCRIBED | {"request": PredictRequestSerializer})
    def post(self, request: Request) -> Response:
        """Forecast a draft as `predict` does, without a picture, and record nothing: while it is still written."""
        return self.answer(request, record=False)


@contextmanager
def account_errors() -> Iterator[None]:
    """Answer for an account that cannot be forecast for, with the member that names it."""
    try:
        yield
    except AccountNotFound as error:
        raise MissingObject("account_id") from error
    except AccountNotChosen as error:
        raise ValidationError({"account_id": str(error)}) from error


@extend_schema(tags=["predictions"])
class PredictionListView(ListView[Prediction]):
    """The person's forecasts, newest first."""

    required_scopes = FORECASTS
    serializer_class = PredictionSerializer
    filterset_class = PredictionFilter

    def get_queryset(self) -> QuerySet[Prediction]:
        return predictions_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["predictions"])
class PredictionView(RetrieveView[Prediction]):
    """One forecast, with its outcome once that is known."""

    required_scopes = FORECASTS
    serializer_class = PredictionSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Prediction]:
        return predictions_of(self.request.user)  # type: ignore[arg-type]


def _payload(request: Request) -> Any:
    """Return the JSON of a form: from a field, or from a part sent as a file. Raises ValidationError."""
    given: list[Any] = [*request.FILES.getlist("payload"), *request.POST.getlist("payload")]
    if len(given) != 1:
        raise ValidationError({"payload": f"This part is there {len(given)} times; expected it once, as JSON."})
    if isinstance(given[0], str) and UNDECODED in given[0]:
        raise ValidationError(
            {"payload": f"This is not UTF-8, or has the character U+FFFD; write that as {UNDECODED_JSON}."}
        )
    encoded = given[0].encode() if isinstance(given[0], str) else given[0].read()
    if len(encoded) > MAX_JSON_BYTES:
        raise RequestTooLarge(f"The payload is too large; at most {MAX_JSON_BYTES:,} bytes are read.")
    return parse_json(encoded)


def _picture(request: Request) -> "UploadedFile[bytes] | None":
    """Return the picture of a form, not looked at. Raises ValidationError for parts that nobody would read."""
    errors = {shown(name): unknown_name(name, PARTS) for name in (*request.POST, *request.FILES) if name not in PARTS}
    pictures = request.FILES.getlist("media")
    if "media" in request.POST:
        errors["media"] = "This part is text; expected a picture, sent as a file."
    elif len(pictures) > 1:
        errors["media"] = f"There are {len(pictures)} pictures; expected one, the cover."
    if errors:
        raise ValidationError(errors)
    return pictures[0] if pictures else None


def _measured(picture: "UploadedFile[bytes]") -> DraftCover:
    """Return the picture's measures. Raises ValidationError."""
    try:
        return measure_draft_cover(picture.read())
    except UnreadableImage as error:
        raise ValidationError({"media": [str(error)]}) from error
