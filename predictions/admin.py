"""The admin for staff: everything can be read, nothing edited. The one thing to do here is to roll back the model."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator

from predictions import selectors
from predictions.lifecycle import CannotRollBack, roll_back, rollback_target
from predictions.models import (
    AccountWeights,
    Benchmark,
    DriftCheck,
    Feedback,
    ForecastFailure,
    ForgottenAccount,
    Miss,
    ModelEvent,
    ModelVersion,
    Outcome,
    Prediction,
)
from predictions.registry import PRIOR_NAME
from privacy.trail.staff.admin import ReadOnlyAdmin

WORDS_LISTED = 80
"""Characters of a person's own words in a list; the rest is on the page of the feedback."""


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


class OfVersionsAdmin(ReadOnlyAdmin):
    """Rows that refer to model versions."""

    versions: tuple[str, ...] = ("model_version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related(*map(selectors.versions, self.versions))


@admin.register(ModelEvent)
class ModelEventAdmin(OfVersionsAdmin):
    list_display = ["at", "kind", "from_version", "to_version", "by", "reason"]
    versions = ("from_version", "to_version")
    list_filter = ["kind", "at"]


@admin.register(ForgottenAccount)
class ForgottenAccountAdmin(ReadOnlyAdmin):
    list_display = ["pseudonym", "forgotten_at"]


@admin.register(Benchmark)
class BenchmarkAdmin(ReadOnlyAdmin):
    list_display = ["quarter", "least_followers", "accounts", "likes_typical", "engagement_rate", "posts_per_week"]


@admin.register(ForecastFailure)
class ForecastFailureAdmin(OfVersionsAdmin):
    list_display = ["at", "model_version", "error"]
    list_filter = ["model_version", "at"]
    show_full_result_count = False


@admin.register(AccountWeights)
class AccountWeightsAdmin(OfVersionsAdmin):
    list_display = ["account", "version", "model_version", "posts", "as_of", "updated_at"]
    list_select_related = ["account"]
    list_filter = ["model_version"]
    search_fields = ["account__public_id"]
    exclude = ["state"]


class FeedbackInline(admin.StackedInline):  # type: ignore[type-arg]
    """What the person said of the prediction, on its page."""

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
        *("public_id", "account", "created_at", "scheduled_for", "model_version", "basis"),
        *("point", "typical", "bucket", "latency_ms"),
    ]
    list_select_related = ["account"]
    list_filter = ["model_version", "basis", "bucket", "feedback__verdict", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    inlines = [FeedbackInline]
    # a draft is kept for its writer, not for staff
    exclude = ["caption"]


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    list_display = ["prediction", "post", "label", "likes", "error", "baseline_error", "within_interval", "met_at"]
    list_select_related = ["prediction", "post"]
    list_filter = ["label", "within_interval"]
    search_fields = ["prediction__public_id", "post__public_id"]
    show_full_result_count = False


@admin.register(Feedback)
class FeedbackAdmin(OfVersionsAdmin):
    list_display = ["prediction", "subject", "verdict", "reason", "model_version", "words", "updated_at"]
    list_select_related = ["prediction"]
    versions = ("prediction__model_version",)
    list_filter = ["verdict", "reason", "prediction__model_version", "updated_at"]
    # how often each was said, and of which model version
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ["prediction__public_id", "prediction__account__public_id"]

    @admin.display(ordering="text")
    def words(self, feedback: Feedback) -> str:
        return Truncator(feedback.text).chars(WORDS_LISTED)

    @admin.display(ordering="prediction__model_version")
    def model_version(self, feedback: Feedback) -> ModelVersion | None:
        return feedback.prediction.model_version


@admin.register(Miss)
class MissAdmin(OfVersionsAdmin):
    list_display = ["post", "account", "age_h", "due_at", "miss", "covered", "model_version"]
    list_select_related = ["post", "account"]
    list_filter = ["age_h", "model_version", "covered"]
    search_fields = ["post__public_id", "account__public_id"]
    exclude = ["features"]
    show_full_result_count = False


@admin.register(DriftCheck)
class DriftCheckAdmin(ReadOnlyAdmin):
    list_display = ["checked_at", "verdict", "posts", "changed_since", "over_at", "retraining_requested_at", "reason"]
    list_filter = ["verdict", "checked_at"]
