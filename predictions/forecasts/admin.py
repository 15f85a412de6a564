"""Forecasts for staff, read-only, with the feedback on each."""

from typing import Any

from django.contrib import admin

from predictions.models import Feedback, Prediction
from predictions.versions.admin import OfVersionsAdmin


class FeedbackInline(admin.StackedInline):  # type: ignore[type-arg]
    """The feedback on a forecast, on its page."""

    model = Feedback
    fields = ["subject", "verdict", "reason", "text", "created_at", "updated_at"]
    readonly_fields = ["created_at", "updated_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Prediction)
class PredictionAdmin(OfVersionsAdmin):
    list_display = [
        *("public_id", "account", "created_at", "publish_at", "model_version", "basis"),
        *("point", "typical", "bucket", "latency_ms"),
    ]
    list_select_related = ["account"]
    list_filter = ["model_version", "basis", "bucket", "feedback__verdict", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    inlines = [FeedbackInline]
    # a draft is kept for its writer, not for staff
    exclude = ["caption"]
