"""The staff's inbox of feedback: read-only, counted by verdict, reason and model version, and marked as dealt with."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from predictions.feedback.selectors import is_dealt_with, open_feedback
from predictions.models import Feedback, ModelVersion, Outcome
from predictions.versions.admin import OfVersionsAdmin

WORDS_LISTED = 140
"""Characters of a person's own words in a list; the feedback's page shows all."""


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Not dealt with"), ("dealt", "Dealt with")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Feedback]") -> "QuerySet[Feedback]":
        if self.value() == "open":
            return queryset.filter(pk__in=open_feedback(timezone.now()).values("pk"))
        return queryset.filter(is_dealt_with()) if self.value() == "dealt" else queryset


@admin.register(Feedback)
class FeedbackAdmin(OfVersionsAdmin):
    list_display = ["said", "words", "forecast", "how_it_did", "model_version", "updated_at", "dealt_with"]
    list_display_links = ["said"]
    list_select_related = ["prediction__outcome"]
    versions = ("prediction__model_version",)
    list_filter = [StateFilter, "verdict", "reason", "prediction__model_version", "updated_at"]
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ["prediction__public_id", "prediction__account__public_id"]
    actions = ["deal_with"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        dealt_with = Case(When(is_dealt_with(), then=Value(True)), default=Value(False))
        annotated: QuerySet[Any] = super().get_queryset(request).annotate(is_dealt_with=dealt_with)
        return annotated

    @admin.action(description="Mark as dealt with", permissions=["deal"])
    def deal_with(self, request: HttpRequest, chosen: "QuerySet[Feedback]") -> None:
        """Take the feedback out of the inbox; who did it is in the admin's log."""
        rows = list(chosen)
        for feedback in rows:
            self.log_change(request, feedback, "Dealt with.")
        messages.success(request, f"{len(rows)} marked as dealt with.")

    def has_deal_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("predictions.change_feedback"))

    @admin.display(description="what they say", ordering="reason")
    def said(self, feedback: Feedback) -> str:
        return f"{feedback.get_verdict_display()}: {feedback.get_reason_display()}"

    @admin.display(description="in their words", ordering="text")
    def words(self, feedback: Feedback) -> str:
        return Truncator(feedback.text).chars(WORDS_LISTED)

    @admin.display(description="forecast", ordering="prediction")
    def forecast(self, feedback: Feedback) -> SafeString:
        url = reverse("admin:predictions_prediction_change", args=[feedback.prediction_id])
        return format_html('<a href="{}">{}</a>', url, feedback.prediction)

    @admin.display(description="how it turned out")
    def how_it_did(self, feedback: Feedback) -> str:
        prediction = feedback.prediction
        outcome: Outcome | None = getattr(prediction, "outcome", None)
        forecast = f"{prediction.low:,.0f}–{prediction.high:,.0f} forecast"
        return f"{forecast}, {outcome.likes:,.0f} likes" if outcome else f"{forecast}, no result yet"

    @admin.display(ordering="prediction__model_version", description="model")
    def model_version(self, feedback: Feedback) -> ModelVersion | None:
        return feedback.prediction.model_version

    @admin.display(boolean=True, description="dealt with")
    def dealt_with(self, feedback: Any) -> bool:
        return bool(feedback.is_dealt_with)
