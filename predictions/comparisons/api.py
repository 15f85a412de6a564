"""REST view of comparisons."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS_READ
from config.api.views import View
from config.rate_limits import Limit, enforce
from predictions.comparisons.serializers import CompareRequestSerializer, CompareResponseSerializer, comparison_answer
from predictions.comparisons.services import Variant, compare
from predictions.forecasts.api import account_errors
from predictions.forecasts.examples import COMPARE_EXAMPLE


class CompareView(View):
    required_scopes = FORECASTS_READ
    rate_limits = {"POST": (Limit.COMPARE,)}

    @extend_schema(
        operation_id="compare",
        tags=["predictions"],
        request=CompareRequestSerializer,
        responses=CompareResponseSerializer,
        examples=[COMPARE_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Forecast two to six drafts of one account, and say how likely each beats each other.

        Nothing is recorded: ask for a forecast of the draft that you choose.
        """
        serializer = CompareRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked, now = serializer.validated_data, timezone.now()
        enforce(request, Limit.PREDICT, cost=len(asked["drafts"]))
        variants = [
            Variant(
                text=draft["text"],
                hashtags=draft.get("hashtags", []),
                publish_at=draft.get("scheduled_time_utc") or now,
                duration_s=draft.get("duration_s"),
            )
            for draft in asked["drafts"]
        ]
        with account_errors():
            comparison = compare(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                variants=variants,
                now=now,
            )
        return Response(comparison_answer(comparison))
