"""REST view of a post's nowcast."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS
from config.api.views import View
from posts.selectors import posts_of
from predictions.nowcasts.selectors import nowcast_of
from predictions.nowcasts.serializers import PostNowcastSerializer
from privacy.consent.selectors import require
from privacy.people import person_of
from privacy.purposes import Purpose


@extend_schema(tags=["posts"])
class PostNowcastView(View):
    required_scopes = FORECASTS

    @extend_schema(responses=PostNowcastSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Combine a young post's forecast with its latest count, or say why that is not possible."""
        require(person_of(request), Purpose.SERVICE)
        posts = posts_of(request.user).select_related("account")  # type: ignore[arg-type]
        post = get_object_or_404(posts, public_id=public_id)
        return Response(PostNowcastSerializer(nowcast_of(post, timezone.now())).data)
