"""The admin for staff: everything can be read, nothing edited. The one thing to do here is to roll back the model."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin import ReadOnlyAdmin
from predictions.lifecycle import CannotRollBack, roll_back, rollback_target
from predictions.models import AccountWeights, ForecastFailure, ModelEvent, ModelVersion, Outcome, Prediction
from predictions.registry import PRIOR_NAME


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["name", "role", "canary_share", "created_at"]
    list_filter = ["role"]
    search_fields = ["name"]
    exclude = ["artefact", "signature"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.roll_back_view)
        return [path("roll-back/", view, name="predictions_modelversion_roll_back"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"may_roll_back": _may_roll_back(request), **(extra_context or {})})

    def roll_back_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows what would happen, POST does it, if the champion is still the one that was shown."""
        if not _may_roll_back(request):
            raise PermissionDenied
        versions = reverse("admin:predictions_modelversion_changelist")
        try:
            if request.method == "POST":
                target = _roll_back(request)
                messages.success(request, f"From now on {target or f'the {PRIOR_NAME}'} serves.")
                return redirect(versions)
            champion = ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).first()
            target = rollback_target(champion)
        except CannotRollBack as error:
            messages.error(request, str(error))
            return redirect(versions)
        context = {
            **self.admin_site.each_context(request),
            "title": "Roll back the model",
            "opts": self.opts,
            "champion": champion,
            "target": target or f"the {PRIOR_NAME}",
        }
        return TemplateResponse(request, "admin/predictions/modelversion/roll_back.html", context)


def _may_roll_back(request: HttpRequest) -> bool:
    return request.user.has_perm("predictions.roll_back_modelversion")


def _roll_back(request: HttpRequest) -> ModelVersion | None:
    shown = request.POST.get("champion", "")
    return roll_back(
        champion_id=int(shown) if shown.isdecimal() else None,
        by=request.user.get_username(),
        reason=request.POST.get("reason", "").strip() or "Rolled back in the admin.",
    )


@admin.register(ModelEvent)
class ModelEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "from_version", "to_version", "by", "reason"]
    list_select_related = ["from_version", "to_version"]
    list_filter = ["kind", "at"]


@admin.register(ForecastFailure)
class ForecastFailureAdmin(ReadOnlyAdmin):
    list_display = ["at", "model_version", "error"]
    list_select_related = ["model_version"]
    list_filter = ["model_version", "at"]
    show_full_result_count = False


@admin.register(AccountWeights)
class AccountWeightsAdmin(ReadOnlyAdmin):
    list_display = ["account", "version", "model_version", "posts", "as_of", "updated_at"]
    list_select_related = ["account", "model_version"]
    list_filter = ["model_version"]
    search_fields = ["account__public_id"]
    exclude = ["state"]


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = [
        *("public_id", "account", "created_at", "scheduled_for", "model_version", "basis"),
        *("point", "typical", "bucket", "latency_ms"),
    ]
    list_select_related = ["account", "model_version"]
    list_filter = ["model_version", "basis", "bucket", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    # a draft is kept for its writer, not for staff
    exclude = ["caption"]


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    list_display = ["prediction", "post", "label", "likes", "error", "baseline_error", "within_interval", "met_at"]
    list_select_related = ["prediction", "post"]
    list_filter = ["label", "within_interval"]
    search_fields = ["prediction__public_id", "post__public_id"]
    show_full_result_count = False
