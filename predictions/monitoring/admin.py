"""Drift checks for staff, read-only."""

from django.contrib import admin

from predictions.models import DriftCheck
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(DriftCheck)
class DriftCheckAdmin(ReadOnlyAdmin):
    list_display = ["checked_at", "verdict", "posts", "changed_since", "over_at", "retraining_requested_at", "reason"]
    list_filter = ["verdict", "checked_at"]
