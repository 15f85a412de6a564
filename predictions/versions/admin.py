"""Model versions for staff: read-only, but for rolling back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from config.numbers import whole_number
from predictions.models import ForecastFailure, ModelEvent, ModelVersion
from predictions.versions.registry import PRIOR_NAME
from predictions.versions.selectors import champions, prefetch_versions
from predictions.versions.services import CannotRollBack, roll_back, rollback_target
from privacy.trail.staff.admin import ReadOnlyAdmin


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
        """Show on GET what would happen; do it on POST, if the champion is still the one shown."""
        if not _may_roll_back(request):
            raise PermissionDenied
        versions = reverse("admin:predictions_modelversion_changelist")
        try:
            if request.method == "POST":
                shown = whole_number(written) if (written := request.POST.get("champion", "")) else None
                target = roll_back(
                    champion_id=shown,
                    by=request.user.get_username(),
                    reason=request.POST.get("reason", "").strip() or "Rolled back in the admin.",
                )
                messages.success(request, f"From now on {target or f'the {PRIOR_NAME}'} serves.")
                return redirect(versions)
            champion = champions().first()
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


class OfVersionsAdmin(ReadOnlyAdmin):
    """Base of admins of rows that refer to model versions."""

    versions: tuple[str, ...] = ("model_version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related(*map(prefetch_versions, self.versions))


@admin.register(ModelEvent)
class ModelEventAdmin(OfVersionsAdmin):
    list_display = ["at", "kind", "from_version", "to_version", "by", "reason"]
    versions = ("from_version", "to_version")
    list_filter = ["kind", "at"]


@admin.register(ForecastFailure)
class ForecastFailureAdmin(OfVersionsAdmin):
    list_display = ["at", "model_version", "error"]
    list_filter = ["model_version", "at"]
    show_full_result_count = False
