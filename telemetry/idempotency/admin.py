"""Kept answers for staff: that there are some, never what they say."""

from django.contrib import admin

from privacy.trail.staff.admin import ReadOnlyAdmin
from telemetry.models import IdempotentRequest


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "status", "claimed_at"]
    list_filter = ["status", "claimed_at"]
    fields = ["key_digest", "status", "claimed_at"]
