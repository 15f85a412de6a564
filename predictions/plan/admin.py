"""Drafts for staff, read-only and without their texts."""

from django.contrib import admin

from predictions.models import SavedDraft
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(SavedDraft)
class SavedDraftAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "publish_at", "prediction", "post", "updated_at"]
    list_select_related = ["account", "prediction", "post"]
    list_filter = ["publish_at", "updated_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    # a draft is kept for its writer, not for staff
    exclude = ["caption", "variants"]
