"""Forgotten accounts for staff, read-only."""

from django.contrib import admin

from predictions.models import ForgottenAccount
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(ForgottenAccount)
class ForgottenAccountAdmin(ReadOnlyAdmin):
    list_display = ["pseudonym", "forgotten_at"]
