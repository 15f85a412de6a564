"""Links for staff, read-only; their addresses are kept nowhere."""

from django.contrib import admin

from predictions.models import SharedLink
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(SharedLink)
class SharedLinkAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "prediction", "period", "first_day", "expires_at", "revoked_at", "opened"]
    list_select_related = ["account", "prediction"]
    list_filter = ["period", "expires_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    exclude = ["digest"]
