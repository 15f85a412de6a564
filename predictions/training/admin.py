"""Forgotten accounts for staff, read-only."""

from django.contrib import admin

from predictions.models import ForgottenAccount
from privacy.admin import ReadOnlyAdmin


@admin.register(ForgottenAccount)
class ForgottenAccountAdmin(ReadOnlyAdmin):
    list_display = ["pseudonym", "forgotten_at"]
