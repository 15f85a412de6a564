"""Forecasts for staff, read-only, with the feedback on each."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from predictions.forecasts.facts import facts_of
from predictions.models import Feedback, Outcome, Prediction
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
        *("public_id", "account", "created_at", "publish_at", "model_version"),
        *("typical_likes", "range_of_likes", "bucket", "result", "latency"),
    ]
    list_select_related = ["account", "outcome"]
    list_filter = ["model_version", "basis", "bucket", "feedback__verdict", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    search_help_text = "The id of a forecast, or of an account."
    opens_only_result = True
    change_form_template = "admin/predictions/prediction/forecast.html"
    inlines = [FeedbackInline]
    # a draft is kept for its writer, not for staff
    exclude = ["caption"]

    @admin.display(description="typical", ordering="typical")
    def typical_likes(self, prediction: Prediction) -> str:
        return f"{prediction.typical:,.0f}"

    @admin.display(description="range")
    def range_of_likes(self, prediction: Prediction) -> str:
        return f"{prediction.low:,.0f}–{prediction.high:,.0f}"

    @admin.display(description="result")
    def result(self, prediction: Prediction) -> str:
        outcome: Outcome | None = getattr(prediction, "outcome", None)
        return f"{outcome.likes:,.0f}" if outcome else ""

    @admin.display(description="took, ms", ordering="latency_ms")
    def latency(self, prediction: Prediction) -> str:
        return f"{prediction.latency_ms:.0f}"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add what the forecast was made from, said and became, in words."""
        prediction: Prediction | None = kwargs.get("obj")
        if prediction is not None:
            context["facts"] = facts_of(prediction)
            context["title"] = f"Forecast {prediction.public_id}"
            context["may_see_person"] = request.user.has_perm("accounts.view_user")
        return super().render_change_form(request, context, *args, **kwargs)
