"""REST views of links."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.seats.asked import own_account
from config.api.problems import Conflict, MissingObject
from config.api.scopes import FORECASTS
from config.api.views import ListView, RetrieveView, created
from config.rate_limits import Limit
from predictions.forecasts.selectors import predictions_of
from predictions.models import Prediction, SharedLink
from predictions.period_reports.periods import Period, PeriodKind
from predictions.sharing import services
from predictions.sharing.selectors import links_of
from predictions.sharing.serializers import NewSharedLinkSerializer, SharedLinkSerializer, ShareSerializer
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample(
    "a week's report for a client",
    value={"account_id": "acct_12345", "period": "week", "day": "2026-11-23", "days": 30},
    request_only=True,
)


@extend_schema(tags=["sharing"])
class ShareListView(ListView[SharedLink]):
    """The person's links, newest first, those that ended among them."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.SHARE,)}
    serializer_class = SharedLinkSerializer

    def get_queryset(self) -> QuerySet[SharedLink]:
        return links_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=ShareSerializer, responses={201: NewSharedLinkSerializer}, examples=[EXAMPLE])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a read-only link to a forecast or a report. Its address is in this answer alone."""
        serializer = ShareSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        account_id, shown = _shown(request, asked)
        try:
            link, token = services.create_link(
                account_id=account_id, shown=shown, with_caption=asked["with_caption"], days=asked["days"]
            )
        except services.TooManyLinks as error:
            raise Conflict(str(error)) from error
        address = request.build_absolute_uri(reverse("predictions:shared", args=[token]))
        link.address = address  # type: ignore[attr-defined]
        return created(NewSharedLinkSerializer(link).data, reverse("api:share", args=[link.public_id]))


@extend_schema(tags=["sharing"])
class ShareView(RetrieveView[SharedLink]):
    """One link."""

    required_scopes = FORECASTS
    serializer_class = SharedLinkSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[SharedLink]:
        return links_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Revoke the link; 204 also if it had ended."""
        services.revoke_link(link=get_object_or_404(self.get_queryset(), public_id=public_id), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(request: Request, asked: dict[str, Any]) -> tuple[int, Prediction | Period]:
    """Return the account and what is to be shared. Raises MissingObject for what is not the person's."""
    user: Any = request.user
    if "prediction_id" in asked:
        prediction = predictions_of(user).filter(public_id=asked["prediction_id"]).first()
        if prediction is None:
            raise MissingObject("prediction_id")
        return prediction.account_id, prediction
    account = own_account(request, asked["account_id"])
    return account.pk, Period.around(PeriodKind(asked["period"]), asked["day"])
