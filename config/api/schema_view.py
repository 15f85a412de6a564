"""The view of the OpenAPI document."""

from types import SimpleNamespace
from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from config.api.views import View


class _ByParameter(DefaultContentNegotiation):
    """Lets `?format=json` or `?format=yaml` choose, which browsers cannot do by a header."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE="format")


class SchemaView(View, SpectacularAPIView):
    """The OpenAPI document, for everybody."""

    required_scopes = None
    query_parameters = {"GET": ("format",), "HEAD": ("format",)}
    content_negotiation_class = _ByParameter
