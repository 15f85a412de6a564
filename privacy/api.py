"""REST views of what people may see and decide about their own data."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from privacy import consent, trail
from privacy.models import AccessEvent, Through
from privacy.purposes import Purpose
from privacy.requests import person_of
from privacy.serializers import AccessEventSerializer, ConsentSerializer, GiveConsentSerializer


@extend_schema(tags=["privacy"])
class ConsentListView(APIView):
    @extend_schema(responses=ConsentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The purposes, their current texts, and what the person agrees to."""
        return Response([_shown(asked) for asked in consent.asked_of(person_of(request))])


@extend_schema(tags=["privacy"])
class ConsentView(APIView):
    @extend_schema(request=GiveConsentSerializer, responses=ConsentSerializer)
    def put(self, request: Request, purpose: str) -> Response:
        """Agree to the current text of a purpose. Agreeing twice changes nothing."""
        wanted = _purpose(purpose)
        read = GiveConsentSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        try:
            consent.give(
                user_id=person_of(request), purpose=wanted, through=Through.API, version=read.validated_data["version"]
            )
        except consent.OutdatedText as error:
            raise ValidationError({"version": str(error)}) from error
        return self._standing(request, wanted)

    @extend_schema(responses=ConsentSerializer)
    def delete(self, request: Request, purpose: str) -> Response:
        """Withdraw: what was done for the purpose stops. Nothing happens where there was no consent."""
        consent.withdraw(user_id=person_of(request), purpose=_purpose(purpose), through=Through.API)
        return self._standing(request, _purpose(purpose))

    def _standing(self, request: Request, purpose: Purpose) -> Response:
        asked = consent.asked_of(person_of(request))
        return Response(next(_shown(each) for each in asked if each.text.purpose == purpose))


@extend_schema(tags=["privacy"], parameters=[OpenApiParameter("own", bool, description="Their own visits as well.")])
class AccessListView(generics.ListAPIView[AccessEvent]):
    """Who looked at the person's data or changed it, newest first."""

    serializer_class = AccessEventSerializer
    queryset = AccessEvent.objects.none()

    def get_queryset(self) -> QuerySet[AccessEvent]:
        with_own = self.request.query_params.get("own") == "true"
        return trail.events_about(person_of(self.request), by_others=not with_own)


def _purpose(name: str) -> Purpose:
    try:
        return Purpose(name)
    except ValueError as error:
        raise Http404 from error


def _shown(asked: consent.Asked) -> dict[str, Any]:
    text = asked.text
    return ConsentSerializer(
        {
            "purpose": text.purpose,
            "version": text.version,
            "title": text.title,
            "text": [{"heading": heading, "words": words} for heading, words in text.paragraphs],
            "given_at": asked.given.given_at if asked.given else None,
            "asked_again": asked.is_renewed,
        }
    ).data
