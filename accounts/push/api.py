"""REST views of browsers that are told of notices."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.devices import device_of
from accounts.models import PushSubscription
from accounts.push import services, vapid
from accounts.push.encryption import UnusableKeys
from accounts.push.selectors import subscriptions_of
from accounts.push.serializers import NewPushSubscriptionSerializer, PushKeySerializer, PushSubscriptionSerializer
from accounts.webhooks.addresses import UnusableAddress
from config.api.problems import Conflict
from config.api.scopes import ACCOUNT
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample(
    "a browser",
    value={
        "url": "https://push.example.com/wpush/v2/gAAAA",
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        "language": "de",
    },
    request_only=True,
)


@extend_schema(tags=["notifications"])
class PushKeyView(View):
    required_scopes = ACCOUNT
    may_miss = True

    @extend_schema(operation_id="push_key", responses=PushKeySerializer)
    def get(self, request: Request) -> Response:
        """The key that a browser's subscription needs. 404 where this service tells no browsers."""
        if not vapid.is_offered():
            raise Http404
        return Response({"public_key": vapid.public_key()})


@extend_schema(tags=["notifications"])
class PushSubscriptionListView(ListView[PushSubscription]):
    """The person's browsers that are told of notifications, newest first."""

    required_scopes = ACCOUNT
    rate_limits = {"POST": (Limit.CHANGE,)}
    serializer_class = PushSubscriptionSerializer

    def get_queryset(self) -> QuerySet[PushSubscription]:
        return subscriptions_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        request=NewPushSubscriptionSerializer, responses={201: PushSubscriptionSerializer}, examples=[EXAMPLE]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Add a browser's subscription; it gets the title and link of each notification. 409 without a key here."""
        serializer = NewPushSubscriptionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not vapid.is_offered():
            raise Conflict("This service tells no browsers: it has no key for that.")
        device = device_of(request.headers.get("User-Agent", ""))
        try:
            added = services.add_subscription(user=request.user, device=device, **serializer.validated_data)  # type: ignore[arg-type]
        except UnusableAddress as error:
            raise ValidationError({"url": str(error)}) from error
        except UnusableKeys as error:
            raise ValidationError({"p256dh": str(error)}) from error
        except services.TooManySubscriptions as error:
            raise Conflict(str(error)) from error
        return created(PushSubscriptionSerializer(added).data, reverse("api:push-subscription", args=[added.public_id]))


@extend_schema(tags=["notifications"])
class PushSubscriptionView(RetrieveView[PushSubscription]):
    """One browser that is told of notifications."""

    required_scopes = ACCOUNT
    serializer_class = PushSubscriptionSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[PushSubscription]:
        return subscriptions_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Remove the subscription: the browser is told nothing more."""
        services.remove_subscription(subscription=get_object_or_404(self.get_queryset(), public_id=public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
