"""REST view of exploration."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api import NestedJSONParser
from config.uploads import MAX_JSON_BYTES, refuse_too_large
from predictions.exploration.serializers import ExploreRequestSerializer, ExploreResponseSerializer
from predictions.exploration.services import NO_IDEA, explore_draft
from predictions.forecasts.answering import AccountNotChosen, AccountNotFound
from predictions.forecasts.api import PredictThrottle


class ExploreView(APIView):
    throttle_classes = [*APIView.throttle_classes, PredictThrottle]
    parser_classes = [NestedJSONParser]

    @extend_schema(
        operation_id="explore",
        tags=["predictions"],
        request=ExploreRequestSerializer,
        responses=ExploreResponseSerializer,
    )
    def post(self, request: Request) -> Response:
        """Answer one idea for a draft that the account has rarely tried. Nothing is recorded."""
        refuse_too_large(request, MAX_JSON_BYTES)
        serializer = ExploreRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        post = asked["post"]
        try:
            exploration = explore_draft(
                user=request.user,  # type: ignore[arg-type]
                account_id=asked.get("account_id"),
                text=post["text"],
                hashtags=post.get("hashtags", []),
                publish_at=post.get("scheduled_time_utc") or timezone.now(),
                duration_s=post.get("duration_s"),
            )
        except AccountNotFound as error:
            raise Http404 from error
        except AccountNotChosen as error:
            raise ValidationError({"account_id": str(error)}) from error
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
