"""Reports, switches and the variety of suggestions for staff."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from predictions.models import Outcome, SuggestionReport, SuggestionSwitch, VarietyCheck
from predictions.reports.records import is_seen
from predictions.reports.services import switch_on
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(SuggestionReport)
class SuggestionReportAdmin(ReadOnlyAdmin):
    """Each report beside the evidence: what was told, what that rested on, and how the post did."""

    list_display = ["prediction", "rank", "feature", "reason", "told", "how_it_did", "text", "updated_at"]
    list_select_related = ["prediction__outcome"]
    list_filter = ["feature", "reason", "updated_at"]
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ["prediction__public_id", "prediction__account__public_id"]
    fields = readonly_fields = (
        *("prediction", "rank", "feature", "reason", "text"),
        *("told", "effect", "basis", "how_it_did", "created_at", "updated_at"),
    )

    @admin.display(description="what was told")
    def told(self, report: SuggestionReport) -> str:
        return str(_told(report).get("title", ""))

    @admin.display(description="effect told (per cent)")
    def effect(self, report: SuggestionReport) -> str:
        told = _told(report)
        low, high = told.get("impact_interval_pct", ("", ""))
        return f"{told.get('impact_estimate_pct', '')} ({low} to {high})"

    @admin.display(description="what it rested on")
    def basis(self, report: SuggestionReport) -> str:
        told = _told(report)
        return f"{told.get('basis', '')} ({told.get('evidence', '')})"

    @admin.display(description="how the post did")
    def how_it_did(self, report: SuggestionReport) -> str:
        outcome: Outcome | None = getattr(report.prediction, "outcome", None)
        if outcome is None:
            return "no outcome"
        return f"{outcome.likes:.0f} likes; {report.prediction.typical:.0f} were forecast"


@admin.register(SuggestionSwitch)
class SuggestionSwitchAdmin(ReadOnlyAdmin):
    list_display = ["feature", "is_off", "why", "given", "reported", "applied", "right", "changed_at", "judged_from"]
    list_filter = ["is_off"]
    actions = ["suggest_again"]

    @admin.action(description="Suggest these again, judged from now on", permissions=["switch"])
    def suggest_again(self, request: HttpRequest, switches: QuerySet[SuggestionSwitch]) -> None:
        """Switch features on; who did it is in the admin's log."""
        off = list(switches.filter(is_off=True))
        switch_on(features=[each.feature for each in off])
        for each in off:
            self.log_change(request, each, "Switched on again.")
        messages.success(request, f"{len(off)} switched on again.")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("predictions.change_suggestionswitch"))

    @admin.display
    def given(self, switch: SuggestionSwitch) -> Any:
        return switch.figures.get("shown", "")

    @admin.display
    def reported(self, switch: SuggestionSwitch) -> Any:
        return switch.figures.get("reported", "")

    @admin.display(description="applied in posts")
    def applied(self, switch: SuggestionSwitch) -> Any:
        return switch.figures.get("tried", "") if is_seen(switch.feature) else "not seen"

    @admin.display
    def right(self, switch: SuggestionSwitch) -> Any:
        return switch.figures.get("right", "")


@admin.register(VarietyCheck)
class VarietyCheckAdmin(ReadOnlyAdmin):
    list_display = ["checked_at", "accounts", "suggestions", "varieties", "similarity", "alarms"]
    list_filter = ["checked_at"]


def _told(report: SuggestionReport) -> dict[str, Any]:
    suggestions = report.prediction.suggestions or []
    told: dict[str, Any] = suggestions[report.rank - 1] if report.rank <= len(suggestions) else {}
    return told
