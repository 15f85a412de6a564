"""REST view of exploration."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS_READ
from config.api.views import View
from config.rate_limits import Limit, enforce
from predictions.exploration.serializers import ExploreRequestSerializer, ExploreResponseSerializer
from predictions.exploration.services import NO_IDEA, explore_draft
from predictions.forecasts.api import account_errors
from predictions.forecasts.examples import EXPLORE_EXAMPLE


class ExploreView(View):
    required_scopes = FORECASTS_READ
    rate_limits = {"POST": (Limit.COMPARE,)}

    @extend_schema(
        operation_id="explore",
        tags=["predictions"],
        request=ExploreRequestSerializer,
        responses=ExploreResponseSerializer,
        examples=[EXPLORE_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Answer one idea for a draft that the account has rarely tried. Nothing is recorded."""
        serializer = ExploreRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        enforce(request, Limit.PREDICT)
        post = asked["post"]
        with account_errors():
            exploration = explore_draft(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                text=post["text"],
                hashtags=post.get("hashtags", []),
                publish_at=post.get("scheduled_time_utc") or timezone.now(),
                duration_s=post.get("duration_s"),
            )
        return Response(
            {
                "model_version": exploration.model_version,
                "exploration": True,
                "idea": exploration.idea,
                "note": None if exploration.idea else NO_IDEA,
                "data_as_of": exploration.data.data_as_of,
                "data_warnings": exploration.data.warnings,
                "warnings": exploration.warnings,
            }
        )
