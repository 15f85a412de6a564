"""Comments for staff, read-only and without their texts."""

from django.contrib import admin

from predictions.models import DraftComment
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(DraftComment)
class DraftCommentAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "draft", "created_at"]
    list_select_related = ["draft"]
    search_fields = ["public_id", "draft__public_id"]
    show_full_result_count = False
    # a comment is kept for those who plan the draft, not for staff
    exclude = ["text"]
