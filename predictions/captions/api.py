"""REST views of captions, of an account's brand words, and of appeals against texts that were held back."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.problems import Conflict, MissingObject
from config.api.scopes import FORECASTS, FORECASTS_READ
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit, enforce
from predictions.captions.appeals import NotAppealed, appeal, appeals_of
from predictions.captions.selectors import brand_lists
from predictions.captions.serializers import (
    AppealRequestSerializer,
    BrandWordsSerializer,
    CaptionAppealSerializer,
    CaptionRequestSerializer,
    CaptionsSerializer,
    captions_answer,
)
from predictions.captions.services import set_brand_words, write_captions
from predictions.captions.writing.candidates import Order
from predictions.captions.writing.moderation import BrandLists
from predictions.forecasts.api import account_errors
from predictions.models import CaptionAppeal
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample(
    "a brief",
    value={"account_id": "acct_12345", "brief": "Sourdough for beginners, and the mistake that I made", "n": 8},
    request_only=True,
)
APPEAL_EXAMPLE = OpenApiExample(
    "a title with a listed word", value={"account_id": "acct_12345", "text": "Chitty Bang"}, request_only=True
)
WORDS_EXAMPLE = OpenApiExample("a brand's lists", value={"must": ["#ad"], "never": ["cheap"]}, request_only=True)


class CaptionsView(View):
    required_scopes = FORECASTS_READ
    rate_limits = {"POST": (Limit.COMPARE,)}

    @extend_schema(
        operation_id="write_captions",
        tags=["captions"],
        request=CaptionRequestSerializer,
        responses=CaptionsSerializer,
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Write captions for a brief, ranked, each with why. Nothing is recorded.

        Needs consent to writing with help; only captions that are kept are read.
        """
        serializer = CaptionRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        enforce(request, Limit.PREDICT, cost=asked["n"])
        order = Order(
            brief=asked["brief"],
            language=asked.get("language", ""),
            n=asked["n"],
            eta=asked["eta"],
            max_length=asked["max_length"],
            max_hashtags=asked["max_hashtags"],
            brand=BrandLists(tuple(asked.get("must", ())), tuple(asked.get("never", ()))),
            seed=asked["seed"],
        )
        with account_errors():
            written = write_captions(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                order=order,
                publish_at=asked.get("scheduled_time_utc") or timezone.now(),
                duration_s=asked.get("duration_s"),
            )
        return Response(captions_answer(written))


@extend_schema(tags=["captions"])
class BrandWordsView(View):
    """The lists of words of one account."""

    required_scopes = FORECASTS
    rate_limits = {"PUT": (Limit.DRAFT,)}

    @extend_schema(responses=BrandWordsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the lists; empty where none were written."""
        return _answer(brand_lists(_account_id(request, public_id)))

    @extend_schema(request=BrandWordsSerializer, responses=BrandWordsSerializer, examples=[WORDS_EXAMPLE])
    def put(self, request: Request, public_id: str) -> Response:
        """Replace both lists."""
        account_id = _account_id(request, public_id)
        serializer = BrandWordsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        lists = BrandLists(tuple(asked["must"]), tuple(asked["never"]))
        words = set_brand_words(account_id=account_id, lists=lists)
        return _answer(BrandLists(tuple(words.must), tuple(words.never)))


@extend_schema(tags=["captions"])
class CaptionAppealListView(ListView[CaptionAppeal]):
    """The person's appeals, newest first, with what staff decided."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.DRAFT,)}
    serializer_class = CaptionAppealSerializer

    def get_queryset(self) -> QuerySet[CaptionAppeal]:
        return appeals_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=AppealRequestSerializer, responses={201: CaptionAppealSerializer}, examples=[APPEAL_EXAMPLE])
    @idempotent
    def post(self, request: Request) -> Response:
        """Have staff look at a text that word lists hold back; it is kept until they decide.

        A text that was asked about before answers with that appeal. Needs the consent to keep texts.
        """
        serializer = AppealRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        user: Any = request.user
        account = accounts_of(user).filter(public_id=asked["account_id"]).first()
        if account is None:
            raise MissingObject("account_id")
        try:
            made = appeal(account_id=account.pk, text=asked["text"])
        except NotAppealed as error:
            raise Conflict(str(error)) from error
        return created(CaptionAppealSerializer(made).data, reverse("api:caption-appeal", args=[made.public_id]))


@extend_schema(tags=["captions"])
class CaptionAppealView(RetrieveView[CaptionAppeal]):
    """One appeal."""

    required_scopes = FORECASTS
    serializer_class = CaptionAppealSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[CaptionAppeal]:
        return appeals_of(self.request.user)  # type: ignore[arg-type]


def _account_id(request: Request, public_id: str) -> int:
    user: Any = request.user
    return get_object_or_404(accounts_of(user), public_id=public_id).pk


def _answer(lists: BrandLists) -> Response:
    return Response({"must": list(lists.must), "never": list(lists.never)})
