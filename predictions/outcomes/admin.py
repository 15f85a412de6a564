"""Outcomes for staff, read-only."""

from django.contrib import admin

from predictions.models import Outcome
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    list_display = ["prediction", "post", "label", "likes", "error", "baseline_error", "within_interval", "met_at"]
    list_select_related = ["prediction", "post"]
    list_filter = ["label", "within_interval"]
    search_fields = ["prediction__public_id", "post__public_id"]
    show_full_result_count = False
