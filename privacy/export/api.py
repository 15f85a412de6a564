"""REST views of exports."""

from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import PEOPLE_ONLY
from config.api.views import View, created
from config.rate_limits import Limit
from privacy.export import selectors, services
from privacy.export.serializers import ExportSerializer
from privacy.export.views import send_archive
from privacy.people import SIGN_IN_AGAIN, IsAPerson, person_of, signed_in_lately
from telemetry.idempotency.writes import idempotent


@extend_schema(tags=["privacy"])
class ExportListView(View):
    """Copies of all that is kept; for people only: a program can read what it needs bit by bit, as it is allowed to."""

    required_scopes = PEOPLE_ONLY
    takes_body = ()
    permission_classes = [IsAuthenticated, IsAPerson]
    rate_limits = {"POST": (Limit.EXPORT,)}

    @extend_schema(responses=ExportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Copies that are being made or can be fetched, newest first."""
        return Response(ExportSerializer(selectors.exports_of(person_of(request)), many=True).data)

    @extend_schema(request=None, responses={202: ExportSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Have a copy made of all that is kept; the one that is being made already, if there is one."""
        export = services.request_export(user_id=person_of(request))
        location = reverse("api:export", args=[export.public_id])
        return created(ExportSerializer(export).data, location, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["privacy"])
class ExportView(View):
    """One copy; for people only."""

    required_scopes = PEOPLE_ONLY
    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """How far it is; 404 where it has expired or is somebody else's."""
        export = selectors.exports_of(person_of(request)).filter(public_id=public_id).first()
        if export is None:
            raise Http404
        return Response(ExportSerializer(export).data)


@extend_schema(tags=["privacy"])
class ArchiveView(View):
    """A copy itself; for people only."""

    required_scopes = PEOPLE_ONLY
    takes_body = ()
    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str) -> StreamingHttpResponse:
        """The archive, within ten minutes of a sign-in; 404 where it is not ready, expired, or somebody else's."""
        if not signed_in_lately(request):
            raise PermissionDenied(SIGN_IN_AGAIN)
        return send_archive(person_of(request), public_id)
