"""REST views of erasures."""

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import PEOPLE_ONLY
from config.api.views import View, created
from config.rate_limits import Limit
from privacy.erasure import selectors, services
from privacy.erasure.serializers import AskForErasureSerializer, ErasureSerializer
from privacy.models import Erasure, Through
from privacy.people import SIGN_IN_AGAIN, IsAPerson, person_of, signed_in_lately
from telemetry.idempotency.writes import idempotent


@extend_schema(tags=["privacy"])
class ErasureView(View):
    """The erasure of everything that is kept of the person; for people only, not for programs that have a token."""

    required_scopes = PEOPLE_ONLY
    may_miss = True
    rate_limits = {"POST": (Limit.CHANGE,)}
    permission_classes = [IsAuthenticated, IsAPerson]

    @extend_schema(responses=ErasureSerializer)
    def get(self, request: Request) -> Response:
        """The one that waits or runs; 404 where none does."""
        erasure = selectors.erasure_of(person_of(request))
        if erasure is None:
            raise Http404
        return Response(ErasureSerializer(erasure).data)

    @extend_schema(request=AskForErasureSerializer, responses={202: ErasureSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask for it: after fourteen days in which it can be cancelled, or at once, soon after a sign-in."""
        asked = AskForErasureSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if asked.validated_data["now"] and not signed_in_lately(request):
            raise PermissionDenied(SIGN_IN_AGAIN)
        try:
            erasure = services.request_erasure(
                user_id=person_of(request),
                reason=Erasure.Reason.PERSON,
                through=Through.API,
                grace=None if asked.validated_data["now"] else services.GRACE,
            )
        except services.StaffStay as error:
            raise PermissionDenied(str(error)) from error
        return created(ErasureSerializer(erasure).data, reverse("api:erasure"), status.HTTP_202_ACCEPTED)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Change one's mind before it has begun; 404 where nothing waits that the person asked for."""
        if not services.cancel_erasure(user_id=person_of(request)):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)
