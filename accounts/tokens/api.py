"""REST views of API tokens: each person sees their own, any other answers 404."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import APIToken
from accounts.tokens import selectors, services
from accounts.tokens.authentication import IsNotAnAPIToken
from accounts.tokens.serializers import APITokenSerializer, NewAPITokenSerializer
from config.api.problems import Conflict
from config.api.scopes import PEOPLE_ONLY
from config.api.views import View, created
from config.rate_limits import Limit
from privacy.people import SIGN_IN_AGAIN, signed_in_lately
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample(
    "a program that forecasts",
    value={"name": "laptop script", "scopes": ["forecasts:read", "forecasts:write"]},
    request_only=True,
)


@extend_schema(tags=["tokens"])
class APITokenViewSet(
    View,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[APIToken],
):
    """The person's API tokens; for people only, not for programs that have a token."""

    required_scopes = PEOPLE_ONLY
    lookup_value_converter = "int"
    serializer_class = APITokenSerializer
    permission_classes = [IsAuthenticated, IsNotAnAPIToken]
    rate_limits = {"POST": (Limit.TOKEN,)}
    queryset = APIToken.objects.none()

    def get_queryset(self) -> QuerySet[APIToken]:
        return selectors.api_tokens_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(responses={201: NewAPITokenSerializer}, examples=[EXAMPLE])
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a token, within ten minutes of a sign-in. Its text is in this answer and never shown again."""
        if not signed_in_lately(request):
            raise PermissionDenied(SIGN_IN_AGAIN)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            token, plain = services.create_api_token(user=request.user, **serializer.validated_data)  # type: ignore[arg-type]
        except services.TooManyTokens as error:
            raise Conflict(str(error)) from error
        token.token = plain  # type: ignore[attr-defined]
        return created(NewAPITokenSerializer(token).data, reverse("api:token-detail", args=[token.pk]))

    def perform_destroy(self, instance: APIToken) -> None:
        services.revoke_api_token(token=instance, now=timezone.now())
