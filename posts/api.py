"""REST views of posts, refreshes and measures of drafts. Each person sees their own; other people's answer 404."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from accounts.models import TikTokAccount
from config.uploads import MAX_JSON_BYTES, refuse_too_large
from posts import selectors
from posts.content.captions import measure_caption
from posts.content.platform_rules import check_rules
from posts.filters import PostFilter
from posts.ingest import selectors as ingest_selectors
from posts.ingest import services
from posts.models import Observation, Post
from posts.serializers import (
    MeasuredCaptionSerializer,
    MeasureRequestSerializer,
    ObservationSerializer,
    PostDetailSerializer,
    PostSerializer,
    RefreshSerializer,
)


class RefreshThrottle(UserRateThrottle):
    """Limits refreshes, each of which costs many calls to TikTok."""

    scope = "refreshes"
    rate = "20/hour"


class AccountDisconnected(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "This account is disconnected from TikTok. Its creator must connect it again first."
    default_code = "account_disconnected"


@extend_schema(tags=["posts"])
class PostListView(generics.ListAPIView[Post]):
    """The person's posts, newest first."""

    serializer_class = PostSerializer
    filterset_class = PostFilter

    def get_queryset(self) -> QuerySet[Post]:
        return selectors.with_latest_counts(selectors.posts_of(self.request.user))  # type: ignore[arg-type]


@extend_schema(tags=["posts"])
class PostView(generics.RetrieveAPIView[Post]):
    """One post with all its observations."""

    serializer_class = PostDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Post]:
        posts = selectors.with_latest_counts(selectors.posts_of(self.request.user))  # type: ignore[arg-type]
        return posts.prefetch_related("observations")


@extend_schema(tags=["posts"])
class ObservationListView(generics.ListAPIView[Observation]):
    """A post's observations, oldest first."""

    serializer_class = ObservationSerializer
    filter_backends = ()
    queryset = Observation.objects.none()

    def get_queryset(self) -> QuerySet[Observation]:
        posts = selectors.posts_of(self.request.user)  # type: ignore[arg-type]
        return get_object_or_404(posts, public_id=self.kwargs["public_id"]).observations.all()


@extend_schema(tags=["drafts"])
class MeasureView(APIView):
    @extend_schema(request=MeasureRequestSerializer, responses=MeasuredCaptionSerializer)
    def post(self, request: Request) -> Response:
        """Measure a draft's caption and hold it against TikTok's rules. Nothing of it is stored."""
        serializer = MeasureRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        text, hashtags = asked["text"], asked.get("hashtags", ())
        caption = measure_caption(text, hashtags)
        rules = check_rules(text, hashtags, max_hashtags=settings.TIKTOK_MAX_HASHTAGS)
        return Response(MeasuredCaptionSerializer({"caption": caption, "rules": rules}).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_too_large(request, MAX_JSON_BYTES)
        super().initial(request, *args, **kwargs)


@extend_schema(tags=["refreshes"])
class RefreshRequestView(APIView):
    throttle_classes = [*APIView.throttle_classes, RefreshThrottle]

    @extend_schema(request=None, responses={202: RefreshSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Fetch the account and its posts again. The answer is about the active refresh if there is one."""
        account = _own_account(request, public_id)
        try:
            refresh = services.request_refresh(account_id=account.pk)
        except services.NotConnected as error:
            raise AccountDisconnected from error
        return Response(RefreshSerializer(ingest_selectors.status_of(refresh)).data, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["refreshes"])
class LatestRefreshView(APIView):
    @extend_schema(responses=RefreshSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Show how far the account's latest refresh is; 404 if there was none."""
        latest = ingest_selectors.refresh_status(_own_account(request, public_id))
        if latest is None:
            raise Http404
        return Response(RefreshSerializer(latest).data)


@extend_schema(tags=["refreshes"])
class RefreshView(APIView):
    @extend_schema(responses=RefreshSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Show how far the refresh is."""
        refreshes = ingest_selectors.refreshes_of(request.user)  # type: ignore[arg-type]
        refresh = get_object_or_404(refreshes, public_id=public_id)
        return Response(RefreshSerializer(ingest_selectors.status_of(refresh)).data)


def _own_account(request: Request, public_id: str) -> TikTokAccount:
    own: Any = TikTokAccount.objects.filter(user=request.user.pk)
    account: TikTokAccount = get_object_or_404(own, public_id=public_id)
    return account
