"""Replays for staff, read-only."""

from django.contrib import admin

from predictions.models import AccountReplay
from predictions.versions.admin import OfVersionsAdmin


@admin.register(AccountReplay)
class AccountReplayAdmin(OfVersionsAdmin):
    list_display = ["account", "version", "model_version", "history", "as_of", "updated_at"]
    list_select_related = ["account"]
    list_filter = ["model_version"]
    search_fields = ["account__public_id"]
