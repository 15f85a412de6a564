"""REST views of imports, and of posts that programs push. Each person reaches their own; others' answer 404."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import TikTokAccount
from config.uploads import refuse_too_large
from posts.imports import selectors, services
from posts.imports.pushed import push_rows
from posts.imports.serializers import (
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

MAX_BATCH_BYTES = 4 * 1024 * 1024
"""Of a request with a thousand rows of 4 KB."""


class NotWaiting(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_waiting"


@extend_schema(tags=["posts"])
class BatchView(APIView):
    @extend_schema(request=BatchSchemaSerializer, responses=BatchAnswerSerializer, operation_id="posts_batch")
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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_too_large(request, MAX_BATCH_BYTES)
        super().initial(request, *args, **kwargs)


@extend_schema(tags=["imports"])
class ImportListView(generics.ListAPIView[Import]):
    """The person's imports of files, newest first. A file is brought on the page “Import a file”."""

    serializer_class = ImportSerializer
    filter_backends = ()
    queryset = Import.objects.none()

    def get_queryset(self) -> QuerySet[Import]:
        return selectors.imports_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["imports"])
class ImportView(generics.RetrieveAPIView[Import]):
    """One import: what its file is, and what would become or became of its rows."""

    serializer_class = ImportSerializer
    lookup_field = "public_id"
    queryset = Import.objects.none()

    def get_queryset(self) -> QuerySet[Import]:
        return selectors.imports_of(self.request.user)  # type: ignore[arg-type]


@extend_schema(tags=["imports"])
class ImportRowListView(generics.ListAPIView[ImportRow]):
    """The rows of an import's file, for two days."""

    serializer_class = ImportRowSerializer
    filter_backends = ()
    queryset = ImportRow.objects.none()

    def get_queryset(self) -> QuerySet[ImportRow]:
        imports = selectors.imports_of(self.request.user)  # type: ignore[arg-type]
        return selectors.rows_of(get_object_or_404(imports, public_id=self.kwargs["public_id"]))


@extend_schema(tags=["imports"])
class ImportConfirmView(APIView):
    @extend_schema(request=None, responses={202: ImportSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Store what the import shows; 409 if it does not wait for that."""
        return _answered(request, public_id, services.confirm)


@extend_schema(tags=["imports"])
class ImportCancelView(APIView):
    @extend_schema(request=None, responses={202: ImportSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Forget the file and its rows; 409 once it is being stored."""
        return _answered(request, public_id, services.cancel)


def _answered(request: Request, public_id: str, service: Callable[[Import], None]) -> Response:
    imports = selectors.imports_of(request.user)  # type: ignore[arg-type]
    answered = get_object_or_404(imports, public_id=public_id)
    try:
        service(answered)
    except services.NotWaiting as error:
        raise NotWaiting(str(error)) from error
    answered.refresh_from_db()
    return Response(ImportSerializer(answered).data, status.HTTP_202_ACCEPTED)


def _account(request: Request, public_id: str | None) -> TikTokAccount:
    """Return the person's account of that id, or their only one."""
    own: Any = TikTokAccount.objects.filter(user=request.user.pk)
    if public_id:
        account: TikTokAccount = get_object_or_404(own, public_id=public_id)
        return account
    accounts: list[TikTokAccount] = list(own.filter(disconnected_at=None)[:2])
    if len(accounts) != 1:
        raise ValidationError({"account_id": ["Needed: there is not exactly one account."]})
    return accounts[0]
