"""Sub-scores that were learned between trainings, for staff: their evidence as a model's page shows it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from predictions.models import ScoreRecord
from predictions.versions.manifests import evidence_rows
from predictions.viralscore.subscores import Record
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(ScoreRecord)
class ScoreRecordAdmin(ReadOnlyAdmin):
    list_display = ["until", "learned_at", "posts", "new_posts"]
    fields = ["until", "learned_at", "posts", "new_posts"]
    change_form_template = "admin/predictions/scorerecord/record.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the record with its evidence."""
        stored = self.get_object(request, object_id) if self.has_view_permission(request) else None
        evidence = evidence_rows(Record.from_json(stored.record)) if stored else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "evidence": evidence})
