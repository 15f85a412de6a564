"""REST views of the address for e-mail: read by programs, given, changed and removed by people alone."""

from django.conf import settings
from django.http import Http404
from django.template.loader import render_to_string
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.mail import services
from accounts.mail.serializers import (
    MailAddressSerializer,
    MailConsentSerializer,
    MailKindsSerializer,
    NewMailAddressSerializer,
)
from accounts.models import MailAddress
from config.api.problems import Conflict
from config.api.scopes import ACCOUNT, MAIL
from config.api.views import View
from config.rate_limits import Limit

EXAMPLE = OpenApiExample(
    "what needs me",
    value={"address": "anna@example.com", "kinds": ["connection_lost", "export_ready"], "agreed_to": 1},
    request_only=True,
)


@extend_schema(tags=["notifications"])
class MailConsentView(View):
    required_scopes = ACCOUNT
    may_miss = True

    @extend_schema(operation_id="mail_consent", responses=MailConsentSerializer)
    def get(self, request: Request) -> Response:
        """The words to show a person before they give an address. 404 where this service sends no e-mail."""
        if not settings.MAIL_OFFERED:
            raise Http404
        text = render_to_string("telling/mail_consent.html").strip()
        return Response({"version": services.CONSENT_VERSION, "text": text})


@extend_schema(tags=["notifications"])
class MailAddressView(View):
    required_scopes = MAIL
    may_miss = True
    rate_limits = {"PUT": (Limit.CHANGE,)}
    takes_body = ("PUT", "PATCH")

    @extend_schema(operation_id="mail_address", responses=MailAddressSerializer)
    def get(self, request: Request) -> Response:
        """The address that the person gave for notifications. 404 without one."""
        return Response(MailAddressSerializer(self._kept(request)).data)

    @extend_schema(
        operation_id="mail_address_give",
        request=NewMailAddressSerializer,
        responses=MailAddressSerializer,
        examples=[EXAMPLE],
    )
    def put(self, request: Request) -> Response:
        """Give an address in place of another one, and agree to be written to; a link to confirm is sent there."""
        serializer = NewMailAddressSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if not settings.MAIL_OFFERED:
            raise Conflict("This service sends no e-mail.")
        if given["agreed_to"] != services.CONSENT_VERSION:
            expected = f"These are not the words of today; expected {services.CONSENT_VERSION}."
            raise ValidationError({"agreed_to": expected})
        kept = services.give_address(user=request.user, address=given["address"], kinds=given["kinds"])  # type: ignore[arg-type]
        return Response(MailAddressSerializer(kept).data)

    @extend_schema(operation_id="mail_address_change", request=MailKindsSerializer, responses=MailAddressSerializer)
    def patch(self, request: Request) -> Response:
        """Change the kinds of notifications that are sent there."""
        serializer = MailKindsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        kept = self._kept(request)
        services.change_kinds(kept=kept, kinds=serializer.validated_data["kinds"])
        return Response(MailAddressSerializer(kept).data)

    @extend_schema(operation_id="mail_address_remove", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the address, and with it the consent to be written to; without one, too."""
        services.remove_address(user_id=int(request.user.pk or 0))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _kept(self, request: Request) -> MailAddress:
        kept = MailAddress.objects.filter(user=request.user).first()  # type: ignore[misc]
        if kept is None:
            raise Http404
        return kept
