"""Brand words for staff, read-only."""

from django.contrib import admin

from predictions.models import BrandWords
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(BrandWords)
class BrandWordsAdmin(ReadOnlyAdmin):
    list_display = ["account", "updated_at"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]
    show_full_result_count = False
