"""Postcast's addresses, and an empty view for everybody and one for whoever is signed in; both throttles count."""

from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.scopes import FORECASTS
from config.api.views import View
from config.rate_limits import Limit
from config.urls import handler500
from config.urls import urlpatterns as postcast

__all__ = ["handler500", "urlpatterns"]


class EmptyView(View):
    """Reads the body as a forecast's is read, and answers nothing."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.PREDICT,)}

    def post(self, request: Request) -> Response:
        """Answer an empty object."""
        return Response({"fields": len(request.data)})


class OpenView(EmptyView):
    """For everybody."""

    permission_classes = [AllowAny]


urlpatterns = [
    *postcast,
    path("api/v1/bench/authenticated", EmptyView.as_view(), name="bench-authenticated"),
    path("api/v1/bench/anonymous", OpenView.as_view(), name="bench-anonymous"),
]
