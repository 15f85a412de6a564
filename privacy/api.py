"""REST views of what people may see and decide about their own data."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from privacy import consent, erasing, exporting, trail
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.requests import person_of
from privacy.serializers import (
    AccessEventSerializer,
    AskForErasureSerializer,
    ConsentSerializer,
    ErasureSerializer,
    ExportSerializer,
    GiveConsentSerializer,
)
from privacy.views import send_archive


class IsAPerson(BasePermission):
    """What decides over everything is done by a person who signed in, not by a program that holds a token."""

    message = "This cannot be done with an API token: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is None or isinstance(request.auth, SessionBase)


@extend_schema(tags=["privacy"])
class ConsentListView(APIView):
    @extend_schema(responses=ConsentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The purposes, their current texts, and what the person agrees to."""
        return Response([_shown(asked) for asked in consent.asked_of(person_of(request))])


@extend_schema(tags=["privacy"])
class ConsentView(APIView):
    """What the person agrees to; decided by people only, not by programs that have a token, which may read it."""

    permission_classes = [IsAuthenticated, IsAPerson]

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


@extend_schema(tags=["privacy"])
class ErasureView(APIView):
    """The erasure of everything that is kept of the person; for people only, not for programs that have a token."""

    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses=ErasureSerializer)
    def get(self, request: Request) -> Response:
        """The one that waits or runs; 404 where none does."""
        return Response(ErasureSerializer(self._standing(request)).data)

    @extend_schema(request=AskForErasureSerializer, responses={202: ErasureSerializer})
    def post(self, request: Request) -> Response:
        """Ask for it: after fourteen days in which it can be cancelled, or at once."""
        asked = AskForErasureSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            erasure = erasing.request_erasure(
                user_id=person_of(request),
                reason=Erasure.Reason.PERSON,
                through=Through.API,
                grace=None if asked.validated_data["now"] else erasing.GRACE,
            )
        except erasing.StaffStay as error:
            raise PermissionDenied(str(error)) from error
        return Response(ErasureSerializer(erasure).data, status.HTTP_202_ACCEPTED)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Change one's mind before it has begun; 404 where nothing waits that the person asked for."""
        if not erasing.cancel_erasure(user_id=person_of(request)):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _standing(self, request: Request) -> Erasure:
        erasure = erasing.erasure_of(person_of(request))
        if erasure is None:
            raise Http404
        return erasure


@extend_schema(tags=["privacy"])
class ExportListView(APIView):
    """Copies of all that is kept; for people only: a program can read what it needs bit by bit, as it is allowed to."""

    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses=ExportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Copies that are being made or can be fetched, newest first."""
        return Response(ExportSerializer(exporting.exports_of(person_of(request)), many=True).data)

    @extend_schema(request=None, responses={202: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Have a copy made of all that is kept; the one that is being made already, if there is one."""
        export = exporting.request_export(user_id=person_of(request))
        return Response(ExportSerializer(export).data, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["privacy"])
class ArchiveView(APIView):
    """A copy itself; for people only."""

    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str) -> StreamingHttpResponse:
        """The archive; 404 where it is not ready, expired, or somebody else's."""
        return send_archive(person_of(request), public_id)


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
