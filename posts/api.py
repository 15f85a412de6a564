"""REST views of posts, refreshes and measures of drafts. Each person sees their own; other people's answer 404."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TikTokAccount
from config.api.scopes import FORECASTS_READ, POSTS
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit
from posts import selectors
from posts.content.captions import measure_caption
from posts.content.platform_rules import check_rules
from posts.filters import PostFilter
from posts.ingest import progress, services
from posts.models import Observation, Post
from posts.serializers import (
    MeasuredCaptionSerializer,
    MeasureRequestSerializer,
    ObservationSerializer,
    PostDetailSerializer,
    PostSerializer,
    RefreshSerializer,
    SimilarPostSerializer,
)
from posts.similar import similar_posts
from privacy.consent.selectors import require
from privacy.people import person_of
from privacy.purposes import Purpose
from telemetry.idempotency.writes import idempotent

MEASURE_EXAMPLE = OpenApiExample(
    "a caption", value={"text": "Sunset at the pier #sunset", "hashtags": ["photography"]}, request_only=True
)


class AccountDisconnected(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "This account is disconnected from TikTok. Its creator must connect it again first."
    default_code = "account_disconnected"


@extend_schema(tags=["posts"])
class PostListView(ListView[Post]):
    """The person's posts, newest first."""

    required_scopes = POSTS
    serializer_class = PostSerializer
    filterset_class = PostFilter

    def get_queryset(self) -> QuerySet[Post]:
        return selectors.with_latest_counts(selectors.posts_of(self.request.user))  # type: ignore[arg-type]


@extend_schema(tags=["posts"])
class PostView(RetrieveView[Post]):
    """One post with all its observations."""

    required_scopes = POSTS
    serializer_class = PostDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Post]:
        posts = selectors.with_latest_counts(selectors.posts_of(self.request.user))  # type: ignore[arg-type]
        return posts.prefetch_related("observations")


@extend_schema(tags=["posts"])
class ObservationListView(ListView[Observation]):
    """A post's observations, oldest first."""

    required_scopes = POSTS
    serializer_class = ObservationSerializer
    filter_backends = ()
    queryset = Observation.objects.none()

    def get_queryset(self) -> QuerySet[Observation]:
        posts = selectors.posts_of(self.request.user)  # type: ignore[arg-type]
        return get_object_or_404(posts, public_id=self.kwargs["public_id"]).observations.all()


@extend_schema(tags=["posts"])
class SimilarPostsView(View):
    required_scopes = POSTS

    @extend_schema(responses=SimilarPostSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """List the account's posts whose captions are most like the post's, the most similar first; five at most."""
        post = get_object_or_404(selectors.posts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        return Response([SimilarPostSerializer(each).data for each in similar_posts(post)])


@extend_schema(tags=["drafts"])
class MeasureView(View):
    required_scopes = FORECASTS_READ
    rate_limits = {"POST": (Limit.UPLOAD,)}

    @extend_schema(
        operation_id="measure",
        request=MeasureRequestSerializer,
        responses=MeasuredCaptionSerializer,
        examples=[MEASURE_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Measure a draft's caption and hold it against TikTok's rules. Nothing of it is stored."""
        serializer = MeasureRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        require(person_of(request), Purpose.SERVICE)
        asked = serializer.validated_data
        text, hashtags = asked["text"], asked.get("hashtags", ())
        caption = measure_caption(text, hashtags)
        rules = check_rules(text, hashtags, max_hashtags=settings.TIKTOK_MAX_HASHTAGS)
        return Response(MeasuredCaptionSerializer({"caption": caption, "rules": rules}).data)


@extend_schema(tags=["refreshes"])
class RefreshRequestView(View):
    required_scopes = POSTS
    takes_body = ()
    rate_limits = {"POST": (Limit.REFRESH,)}

    @extend_schema(
        request=None,
        responses={202: RefreshSerializer},
        parameters=[
            OpenApiParameter("Location", location=OpenApiParameter.HEADER, response=[202], description="The refresh.")
        ],
    )
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Fetch the account and its posts again. The answer is about the active refresh if there is one.

        One that waits for TikTok tries at once, at most once a minute: otherwise `next_attempt_at` says when.
        """
        account = _own_account(request, public_id)
        try:
            refresh = services.request_refresh(account_id=account.pk)
        except services.NotConnected as error:
            raise AccountDisconnected from error
        shown = RefreshSerializer(progress.status_of(refresh)).data
        return created(shown, reverse("api:refresh", args=[refresh.public_id]), status.HTTP_202_ACCEPTED)


@extend_schema(tags=["refreshes"])
class LatestRefreshView(View):
    required_scopes = POSTS

    @extend_schema(responses=RefreshSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Show how far the account's latest refresh is; 404 if there was none."""
        latest = progress.refresh_status(_own_account(request, public_id))
        if latest is None:
            raise Http404
        return Response(RefreshSerializer(latest).data)


@extend_schema(tags=["refreshes"])
class RefreshView(View):
    required_scopes = POSTS

    @extend_schema(responses=RefreshSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Show how far the refresh is."""
        refreshes = progress.refreshes_of(request.user)  # type: ignore[arg-type]
        refresh = get_object_or_404(refreshes, public_id=public_id)
        return Response(RefreshSerializer(progress.status_of(refresh)).data)


def _own_account(request: Request, public_id: str) -> TikTokAccount:
    own: Any = TikTokAccount.objects.filter(user=request.user.pk)
    account: TikTokAccount = get_object_or_404(own, public_id=public_id)
    return account
