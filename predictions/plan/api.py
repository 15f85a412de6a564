"""REST views of saved drafts."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.seats.access import note_opened, open_account
from accounts.seats.asked import editable_account
from config.api.problems import Conflict, MissingObject
from config.api.scopes import FORECASTS
from config.api.views import ListView, RetrieveView, created
from config.rate_limits import Limit
from predictions.models import Prediction, SavedDraft
from predictions.plan import services
from predictions.plan.filters import SavedDraftFilter
from predictions.plan.selectors import drafts_seen_by
from predictions.plan.serializers import (
    ChangeDraftSerializer,
    NewDraftSerializer,
    SavedDraftSerializer,
    changes_of,
)
from telemetry.idempotency.writes import idempotent

NEW_EXAMPLE = OpenApiExample(
    "a draft for an evening",
    value={
        "account_id": "acct_12345",
        "text": "Sunset at the pier #sunset",
        "scheduled_time_utc": "2026-12-01T18:00:00Z",
        "duration_s": 25,
    },
    request_only=True,
)
CHANGE_EXAMPLE = OpenApiExample("another length", value={"version": 1, "duration_s": 30}, request_only=True)


@extend_schema(tags=["drafts"])
class DraftListView(ListView[SavedDraft]):
    """The saved drafts of the person's accounts and of those at which they have a seat, newest first."""

    required_scopes = FORECASTS
    rate_limits = {"POST": (Limit.DRAFT,)}
    serializer_class = SavedDraftSerializer
    filterset_class = SavedDraftFilter
    queryset = SavedDraft.objects.none()

    def get_queryset(self) -> QuerySet[SavedDraft]:
        return drafts_seen_by(self.request.user)  # type: ignore[arg-type]

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of drafts; in the trail stand the owners of these alone."""
        page = super().paginate_queryset(queryset)
        note_opened(self.request, [draft.account for draft in page or ()])
        return page

    @extend_schema(request=NewDraftSerializer, responses={201: SavedDraftSerializer}, examples=[NEW_EXAMPLE])
    @idempotent
    def post(self, request: Request) -> Response:
        """Save a draft. Its text is kept for people who chose to keep texts, and for 90 days after the planned time."""
        serializer = NewDraftSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        account = editable_account(request, asked["account_id"])
        try:
            draft = services.create_draft(account_id=account.pk, changes=_changes(asked, account.pk))
        except services.TooManyDrafts as error:
            raise Conflict(str(error)) from error
        return created(SavedDraftSerializer(draft).data, reverse("api:draft", args=[draft.public_id]))


@extend_schema(tags=["drafts"])
class DraftView(RetrieveView[SavedDraft]):
    """One saved draft."""

    required_scopes = FORECASTS
    rate_limits = {"PATCH": (Limit.DRAFT,)}
    serializer_class = SavedDraftSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[SavedDraft]:
        return drafts_seen_by(self.request.user)  # type: ignore[arg-type]

    def get_object(self) -> SavedDraft:
        """Return the draft, its account opened: for a change as an editor."""
        draft = super().get_object()
        open_account(self.request, draft.account, to_write=self.request.method not in SAFE_METHODS)
        return draft

    @extend_schema(request=ChangeDraftSerializer, responses=SavedDraftSerializer, examples=[CHANGE_EXAMPLE])
    def patch(self, request: Request, public_id: str) -> Response:
        """Change the draft as it stands at the version; if it was changed since, answer 409 and change nothing."""
        draft = self.get_object()
        serializer = ChangeDraftSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        try:
            changed = services.change_draft(
                draft_id=draft.pk, version=asked["version"], changes=_changes(asked, draft.account_id)
            )
        except services.StaleDraft as error:
            raise Conflict(str(error)) from error
        return Response(SavedDraftSerializer(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Delete the draft; its saved forecasts stay."""
        services.delete_draft(draft_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _changes(asked: dict[str, Any], account_id: int) -> services.Changes:
    """Return the changes that are asked for. Raises MissingObject for a forecast that is not the account's."""
    changes = changes_of(asked)
    if "prediction_id" in asked:
        prediction = Prediction.objects.filter(account=account_id, public_id=asked["prediction_id"]).first()
        if prediction is None:
            raise MissingObject("prediction_id")
        changes["prediction"] = prediction
    return changes
