"""REST views of consents."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import PRIVACY
from config.api.views import View
from config.rate_limits import Limit
from privacy.consent import selectors, services
from privacy.consent.serializers import ConsentSerializer, GiveConsentSerializer
from privacy.models import Through
from privacy.people import IsAPerson, person_of
from privacy.purposes import Purpose


@extend_schema(tags=["privacy"])
class ConsentListView(View):
    required_scopes = PRIVACY

    @extend_schema(responses=ConsentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The purposes, their current texts, and what the person agrees to."""
        return Response([_shown(asked) for asked in selectors.asked_of(person_of(request))])


@extend_schema(tags=["privacy"])
class ConsentView(View):
    """The person's consents. People decide; programs with a token may only read."""

    required_scopes = PRIVACY
    permission_classes = [IsAuthenticated, IsAPerson]
    # withdrawing is as easy as giving was, and easier
    rate_limits = {"PUT": (Limit.CHANGE,)}

    @extend_schema(request=GiveConsentSerializer, responses=ConsentSerializer)
    def put(self, request: Request, purpose: str) -> Response:
        """Agree to the current text of a purpose. Agreeing twice changes nothing."""
        wanted = _purpose(purpose)
        read = GiveConsentSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        try:
            services.give(
                user_id=person_of(request), purpose=wanted, through=Through.API, version=read.validated_data["version"]
            )
        except services.OutdatedText as error:
            raise ValidationError({"version": str(error)}) from error
        return _answer(request, wanted)

    @extend_schema(responses={200: ConsentSerializer})
    def delete(self, request: Request, purpose: str) -> Response:
        """Withdraw: what was done for the purpose stops. Nothing happens where there was no consent."""
        wanted = _purpose(purpose)
        services.withdraw(user_id=person_of(request), purpose=wanted, through=Through.API)
        return _answer(request, wanted)


def _answer(request: Request, purpose: Purpose) -> Response:
    asked = selectors.asked_of(person_of(request))
    return Response(next(_shown(each) for each in asked if each.text.purpose == purpose))


def _purpose(name: str) -> Purpose:
    try:
        return Purpose(name)
    except ValueError as error:
        raise Http404 from error


def _shown(asked: selectors.Asked) -> dict[str, Any]:
    text = asked.text
    return ConsentSerializer(
        {
            "purpose": text.purpose,
            "version": text.version,
            "title": text.title,
            "summary": text.summary,
            "text": [{"heading": heading, "words": words} for heading, words in text.paragraphs],
            "given_at": asked.given.given_at if asked.given else None,
            "asked_again": asked.is_renewed,
        }
    ).data
