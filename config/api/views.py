"""Bases of the REST views. Every view derives from `View`, mixed into DRF's generic ones where they serve."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import Model
from django.http import HttpRequest
from rest_framework import exceptions, generics, mixins, views
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import paging
from config.api.names import shown, unknown_name
from config.api.parsers import StrictJSONParser
from config.api.scopes import RequiredScopes
from config.api.serializers import NoMembers
from config.rate_limits.remembered import take_remembered
from config.uploads import MAX_JSON_BYTES, RequestTooLarge, refuse_too_large
from telemetry.requests.stages import stage

M = TypeVar("M", bound=Model)
BODIES = frozenset({"POST", "PUT", "PATCH"})
_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
"""Errors of Django for forms beyond its limits."""


class MissingScope(exceptions.PermissionDenied):
    """The token lets its program do other things, but not this (RFC 6750, section 3.1)."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This token lacks the scope `{scope}`; make one that has it.")
        self.auth_header = f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'


class View(views.APIView):
    """Checks what is cheap first: the body's size, who asks, the token's scope, limits, then the parameters' names.

    A view names the scopes that it needs, and the parameters of each method that its filters and pages do not declare.
    """

    required_scopes: ClassVar[RequiredScopes | None]
    """Scopes that a token needs; None: open to everybody."""
    query_parameters: ClassVar[Mapping[str, Collection[str]]] = {}
    """Method -> names of its parameters, beside those of filters and pages."""
    takes_body: ClassVar[Collection[str]] = BODIES
    """Methods whose body the view reads; other bodies must be empty."""
    most_bytes: ClassVar[int] = MAX_JSON_BYTES
    """Of a body."""
    may_miss: ClassVar[bool] = False
    """Whether there may be nothing to answer about though no object is named, so that the answer is 404."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what can be refused before the view's own work, the cheapest first."""
        refuse_too_large(request, self.body_limit(request))
        _refuse_encoded(request._request)
        super().initial(request, *args, **kwargs)
        if remembered := take_remembered(request._request):
            # no limit looked for the mark
            remembered.confirm()
        if not hasattr(self, str(request.method).lower()):
            raise exceptions.MethodNotAllowed(str(request.method))
        self.refuse_unknown_parameters(request)
        if request.method in ("POST", "PUT", "PATCH", "DELETE") and request.method not in self.takes_body:
            NoMembers(data=request.data).is_valid(raise_exception=True)

    def perform_authentication(self, request: Request) -> None:
        """Authenticate, and measure how long that takes."""
        with stage("authentication"):
            super().perform_authentication(request)

    def get_parsers(self) -> list[Any]:
        """Return the parsers; of a method without a body every form too, so that what is sent is refused by name."""
        method = getattr(self.request, "method", None)
        if method is None or method in self.takes_body:
            return super().get_parsers()
        return [StrictJSONParser(), MultiPartParser(), FormParser()]

    def body_limit(self, request: Request) -> int:
        """Return how many bytes of a body are read."""
        return self.most_bytes

    def check_permissions(self, request: Request) -> None:
        """Raise MissingScope for a token that is not allowed what the method does."""
        super().check_permissions(request)
        granted: Collection[str] | None = getattr(request.auth, "scopes", None)
        if granted is None or self.required_scopes is None:
            return
        needed = self.required_scopes.of(str(request.method))
        if needed is None:
            raise exceptions.PermissionDenied("This cannot be done with an API token: sign in.")
        if needed not in granted:
            raise MissingScope(needed)

    def known_parameters(self, method: str) -> set[str]:
        """Return the names of the parameters that the method takes."""
        known = set(self.query_parameters.get(method, ()))
        if method in ("GET", "HEAD") and isinstance(self, mixins.ListModelMixin) and self.is_list():
            known |= set(paging.PARAMETERS)
            if filterset := getattr(self, "filterset_class", None):
                known |= set(filterset.base_filters)
        return known

    def is_list(self) -> bool:
        """Return whether a viewset's action lists rows; other views of ListModelMixin always do."""
        return getattr(self, "action", "list") == "list"

    def refuse_unknown_parameters(self, request: Request) -> None:
        """Raise ValidationError for parameters that are not known, given twice, or empty."""
        if not request._request.META.get("QUERY_STRING"):
            return
        known, errors = self.known_parameters(str(request.method)), {}
        for name, values in request.query_params.lists():
            if name not in known:
                errors[name] = unknown_name(name, known)
            elif len(values) > 1:
                errors[name] = f"`{name}` is there {len(values)} times; expected it once."
            elif not values[0]:
                errors[name] = f"`{name}` is empty; give it a value or leave it out."
        if errors:
            raise exceptions.ValidationError(errors)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer as `config.api.problems` does; a form beyond Django's limit is one that is too large."""
        response = super().handle_exception(RequestTooLarge() if isinstance(exc, _TOO_MUCH) else exc)
        if isinstance(exc, MissingScope):
            response["WWW-Authenticate"] = exc.auth_header
        return response


class ListView(View, generics.ListAPIView[M]):
    """A list in pages."""


class RetrieveView(View, generics.RetrieveAPIView[M]):
    """One object."""


def _refuse_encoded(request: HttpRequest) -> None:
    """Raise UnsupportedMediaType for a body that is packed: a few bytes could become as many as they like."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        raise exceptions.UnsupportedMediaType(
            shown(encoding), "Bodies are read as they are; expected no Content-Encoding."
        )


def created(data: Any, location: str, status: int = HTTPStatus.CREATED) -> Response:
    """Answer with what was created, or accepted, and the address at which it can be read."""
    return Response(data, status, headers={"Location": location})
