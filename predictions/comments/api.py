"""REST views of comments on drafts."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.seats.access import open_account
from config.api.problems import Conflict
from config.api.scopes import FORECASTS
from config.api.views import ListView, View, created
from config.rate_limits import Limit
from predictions.comments.selectors import Comment, as_read, comments_on
from predictions.comments.serializers import DraftCommentSerializer, NewCommentSerializer
from predictions.comments.services import NotCommented, add_comment, delete_comment
from predictions.models import DraftComment, SavedDraft
from predictions.plan.selectors import drafts_seen_by
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample("a question", value={"text": "Shorter, perhaps?"}, request_only=True)


def _draft(request: Request, public_id: str) -> SavedDraft:
    draft = get_object_or_404(drafts_seen_by(request.user), public_id=public_id)  # type: ignore[arg-type]
    open_account(request, draft.account)
    return draft


def _as_read(request: Request, comment: DraftComment) -> Comment:
    [read] = as_read([comment], comment.draft, int(request.user.pk or 0))
    return read


@extend_schema(tags=["drafts"])
class DraftCommentListView(ListView[DraftComment]):
    """The draft's comments, oldest first."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.DRAFT,)}
    serializer_class: Any = DraftCommentSerializer
    queryset = DraftComment.objects.none()

    def get_queryset(self) -> QuerySet[DraftComment]:
        return comments_on(_draft(self.request, self.kwargs["public_id"]))

    def get_serializer(self, comments: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer of a page of comments as the person reads them."""
        rows = list(comments or ())
        read = as_read(rows, rows[0].draft, int(self.request.user.pk or 0)) if rows else []
        return super().get_serializer(read, *args, **kwargs)

    @extend_schema(request=NewCommentSerializer, responses={201: DraftCommentSerializer}, examples=[EXAMPLE])
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Comment on the draft. Answers 409 where the account's texts are not kept."""
        draft = _draft(request, public_id)
        serializer = NewCommentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        author: Any = request.user
        try:
            comment = add_comment(draft=draft, author=author, **serializer.validated_data)
        except NotCommented as error:
            raise Conflict(str(error)) from error
        location = reverse("api:draft-comment", args=[draft.public_id, comment.public_id])
        return created(DraftCommentSerializer(_as_read(request, comment)).data, location)


@extend_schema(tags=["drafts"])
class DraftCommentView(View):
    """One comment on a draft."""

    required_scopes = FORECASTS

    @extend_schema(responses=DraftCommentSerializer)
    def get(self, request: Request, public_id: str, comment_id: str) -> Response:
        """Return the comment."""
        return Response(DraftCommentSerializer(self._comment(public_id, comment_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str, comment_id: str) -> Response:
        """Delete the comment; its author and the account's owner may."""
        read = self._comment(public_id, comment_id)
        if not read.may_delete:
            raise PermissionDenied
        delete_comment(comment=read.comment)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _comment(self, public_id: str, comment_id: str) -> Comment:
        draft = _draft(self.request, public_id)
        return _as_read(self.request, get_object_or_404(comments_on(draft), public_id=comment_id))
