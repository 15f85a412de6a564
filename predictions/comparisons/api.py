"""REST view of comparisons."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api import NestedJSONParser
from config.rate_limits import Limit, enforce
from config.uploads import MAX_JSON_BYTES, refuse_too_large
from predictions.comparisons.serializers import CompareRequestSerializer, CompareResponseSerializer, comparison_answer
from predictions.comparisons.services import Variant, compare
from predictions.forecasts.answering import AccountNotChosen, AccountNotFound


class CompareView(APIView):
    rate_limits = {"POST": (Limit.COMPARE,)}
    parser_classes = [NestedJSONParser]

    @extend_schema(
        operation_id="compare",
        tags=["predictions"],
        request=CompareRequestSerializer,
        responses=CompareResponseSerializer,
    )
    def post(self, request: Request) -> Response:
        """Forecast two to six drafts of one account, and say how likely each beats each other.

        Nothing is recorded: ask for a forecast of the draft that you choose.
        """
        refuse_too_large(request, MAX_JSON_BYTES)
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
        try:
            comparison = compare(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                variants=variants,
                now=now,
            )
        except AccountNotFound as error:
            raise Http404 from error
        except AccountNotChosen as error:
            raise ValidationError({"account_id": str(error)}) from error
        return Response(comparison_answer(comparison))
