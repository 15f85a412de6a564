"""REST views of imports, and of posts that programs push. Each person reaches their own; others' answer 404."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TikTokAccount
from accounts.seats.asked import own_account
from config.api.problems import Conflict
from config.api.scopes import POSTS
from config.api.views import ListView, RetrieveView, View, created
from config.rate_limits import Limit
from posts.imports import selectors, services
from posts.imports.pushed import push_rows
from posts.imports.serializers import (
    BATCH_EXAMPLE,
    BatchAnswerSerializer,
    BatchRequestSerializer,
    BatchSchemaSerializer,
    ImportRowSerializer,
    ImportSerializer,
)
from posts.imports.storing import Outcome
from posts.models import Import, ImportRow
from privacy.consent.selectors import require
from privacy.purposes import Purpose
from telemetry.idempotency.writes import idempotent

MAX_BATCH_BYTES = 4 * 1024 * 1024
"""Of a request with a thousand rows of 4 KB."""


@extend_schema(tags=["posts"])
class BatchView(View):
    required_scopes = POSTS
    rate_limits = {"POST": (Limit.BATCH,)}
    most_bytes = MAX_BATCH_BYTES

    @extend_schema(
        request=BatchSchemaSerializer,
        responses=BatchAnswerSerializer,
        operation_id="posts_batch",
        examples=[BATCH_EXAMPLE],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Store posts and observations that a program brings, up to 1,000 rows at once.

        A row is a post, an observation of a post, or both. The same rows again change nothing, so that a call whose
        answer was lost can be repeated as it is.
        """
        serializer = BatchRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        account = _account(request, serializer.validated_data.get("account_id"))
        require(account.user_id, Purpose.SERVICE)
        results = [
            {
                "row": number,
                "outcome": "created" if outcome == Outcome.NEW else str(outcome),
                "post_id": post_id,
                "reason": reason,
            }
            for number, (outcome, post_id, reason) in enumerate(push_rows(account, serializer.validated_data["rows"]))
        ]
        return Response(BatchAnswerSerializer({"account": account.public_id, "results": results}).data)


@extend_schema(tags=["imports"])
class ImportListView(ListView[Import]):
    """The person's imports of files, newest first. A file is brought on the page “Import a file”."""

    required_scopes = POSTS
    serializer_class = ImportSerializer
    filter_backends = ()
    queryset = Import.objects.none()

    def get_queryset(self) -> QuerySet[Import]:
        return selectors.imports_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["imports"])
class ImportView(RetrieveView[Import]):
    """One import: what its file is, and what would become or became of its rows."""

    required_scopes = POSTS
    serializer_class = ImportSerializer
    lookup_field = "public_id"
    queryset = Import.objects.none()

    def get_queryset(self) -> QuerySet[Import]:
        return selectors.imports_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["imports"])
class ImportRowListView(ListView[ImportRow]):
    """The rows of an import's file, for two days."""

    required_scopes = POSTS
    serializer_class = ImportRowSerializer
    filter_backends = ()
    queryset = ImportRow.objects.none()

    def get_queryset(self) -> QuerySet[ImportRow]:
        imports = selectors.imports_of(self.request.user)  # type: ignore[arg-type]
        return selectors.rows_of(get_object_or_404(imports, public_id=self.kwargs["public_id"]))


@extend_schema(tags=["imports"])
class ImportConfirmView(View):
    required_scopes = POSTS
    takes_body = ()

    @extend_schema(request=None, responses={202: ImportSerializer})
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Store what the import shows; 409 if it does not wait for that."""
        return _answered(request, public_id, services.confirm)


@extend_schema(tags=["imports"])
class ImportCancelView(View):
    required_scopes = POSTS
    takes_body = ()

    @extend_schema(request=None, responses={202: ImportSerializer})
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Forget the file and its rows; 409 once it is being stored."""
        return _answered(request, public_id, services.cancel)


def _answered(request: Request, public_id: str, service: Callable[[Import], None]) -> Response:
    imports = selectors.imports_of(request.user)  # type: ignore[arg-type]
    answered = get_object_or_404(imports, public_id=public_id)
    try:
        service(answered)
    except services.NotWaiting as error:
        raise Conflict(str(error)) from error
    answered.refresh_from_db()
    location = reverse("api:import", args=[answered.public_id])
    return created(ImportSerializer(answered).data, location, status.HTTP_202_ACCEPTED)


def _account(request: Request, public_id: str | None) -> TikTokAccount:
    """Return the person's account of that id, or their only one."""
    if public_id:
        return own_account(request, public_id)
    accounts = list(TikTokAccount.objects.filter(user=request.user.pk, disconnected_at=None)[:2])
    if len(accounts) != 1:
        raise ValidationError({"account_id": ["Needed: there is not exactly one account."]})
    return accounts[0]
