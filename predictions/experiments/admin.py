"""Experiments for staff, read-only, with what was drawn."""

from typing import Any

from django.contrib import admin

from predictions.models import Assignment, Experiment
from privacy.trail.staff.admin import ReadOnlyAdmin


class AssignmentInline(admin.TabularInline):  # type: ignore[type-arg]
    """The arms drawn for the posts of an experiment, on its page."""

    model = Assignment
    fields = readonly_fields = (
        *("is_second", "probability", "assigned_at", "publish_at"),
        *("post", "is_followed", "likes", "outcome"),
    )
    extra = 0
    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "feature", "first", "second", "state", "posts", "effect_pct", "started_at"]
    list_select_related = ["account"]
    list_filter = ["state", "feature", "started_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    inlines = [AssignmentInline]


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ["experiment", "is_second", "probability", "publish_at", "post", "is_followed", "outcome"]
    list_select_related = ["experiment", "post"]
    list_filter = ["is_second", "is_followed", "assigned_at"]
    search_fields = ["experiment__public_id"]
    show_full_result_count = False
