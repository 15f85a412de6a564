"""REST views of webhooks and the messages to them."""

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Delivery, Webhook
from accounts.webhooks import services
from accounts.webhooks.addresses import UnusableAddress
from accounts.webhooks.selectors import deliveries_of, webhooks_of
from accounts.webhooks.serializers import (
    AddedWebhookSerializer,
    ChangeWebhookSerializer,
    DeliverySerializer,
    NewWebhookSerializer,
    WebhookSerializer,
)
from config.api.problems import Conflict
from config.api.scopes import ACCOUNT
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit
from telemetry.idempotency.writes import idempotent

NEW_EXAMPLE = OpenApiExample(
    "results alone", value={"url": "https://example.com/postcast", "kinds": ["result"]}, request_only=True
)
CHANGE_EXAMPLE = OpenApiExample("switch it off", value={"enabled": False}, request_only=True)


@extend_schema(tags=["webhooks"])
class WebhookListView(ListView[Webhook]):
    """The person's webhooks, newest first."""

    required_scopes = ACCOUNT
    rate_limits = {"POST": (Limit.CHANGE,)}
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[Webhook]:
        return webhooks_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=NewWebhookSerializer, responses={201: AddedWebhookSerializer}, examples=[NEW_EXAMPLE])
    @idempotent
    def post(self, request: Request) -> Response:
        """Add a webhook. Its secret is in this answer and never shown again."""
        serializer = NewWebhookSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            webhook, secret = services.add_webhook(user=request.user, **serializer.validated_data)  # type: ignore[arg-type]
        except UnusableAddress as error:
            raise ValidationError({"url": str(error)}) from error
        except services.TooManyWebhooks as error:
            raise Conflict(str(error)) from error
        webhook.secret = secret  # type: ignore[attr-defined]
        return created(AddedWebhookSerializer(webhook).data, reverse("api:webhook", args=[webhook.public_id]))


@extend_schema(tags=["webhooks"])
class WebhookView(RetrieveView[Webhook]):
    """One webhook."""

    required_scopes = ACCOUNT
    serializer_class = WebhookSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Webhook]:
        return webhooks_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=ChangeWebhookSerializer, responses=WebhookSerializer, examples=[CHANGE_EXAMPLE])
    def patch(self, request: Request, public_id: str) -> Response:
        """Change the address or the kinds, or switch the webhook off or on."""
        webhook = get_object_or_404(self.get_queryset(), public_id=public_id)
        serializer = ChangeWebhookSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            services.change_webhook(webhook=webhook, **serializer.validated_data)
        except UnusableAddress as error:
            raise ValidationError({"url": str(error)}) from error
        return Response(WebhookSerializer(webhook).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Remove the webhook with the log of its messages."""
        services.remove_webhook(webhook=get_object_or_404(self.get_queryset(), public_id=public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=Delivery.State.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []


@extend_schema(tags=["webhooks"])
class DeliveryListView(ListView[Delivery]):
    """The messages to a webhook, newest first. Kept for 30 days."""

    required_scopes = ACCOUNT
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[Delivery]:
        user = self.request.user
        if getattr(self, "swagger_fake_view", False):
            return Delivery.objects.none()
        webhook = get_object_or_404(webhooks_of(user), public_id=self.kwargs["public_id"])  # type: ignore[arg-type]
        return deliveries_of(user, webhook.public_id)  # type: ignore[arg-type]


@extend_schema(tags=["webhooks"])
class TestView(View):
    required_scopes = ACCOUNT
    rate_limits = {"POST": (Limit.CHANGE,)}
    takes_body = ()

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Send a message of the kind `test`; the list of messages says whether it arrived."""
        webhook = get_object_or_404(webhooks_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        return Response(DeliverySerializer(services.send_test(webhook=webhook)).data, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["webhooks"])
class ReplayView(View):
    required_scopes = ACCOUNT
    rate_limits = {"POST": (Limit.CHANGE,)}
    takes_body = ()

    @extend_schema(operation_id="webhooks_replay", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, public_id: str, delivery_id: str) -> Response:
        """Send a message again, with its id and body as they were."""
        deliveries = deliveries_of(request.user, public_id)  # type: ignore[arg-type]
        delivery = get_object_or_404(deliveries, public_id=delivery_id)
        return Response(DeliverySerializer(services.replay(delivery=delivery)).data, status.HTTP_202_ACCEPTED)
