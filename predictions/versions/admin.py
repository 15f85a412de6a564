"""Model versions for staff: a page of what serves and what could, and the decisions on it, each confirmed first."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from config.numbers import whole_number
from predictions.models import ForecastFailure, ModelEvent, ModelVersion
from predictions.versions import confirming
from predictions.versions.artefacts import RefusedArtefact
from predictions.versions.manifests import evidence_of, facts_of, learned_from, readable_name
from predictions.versions.records import last_comparison, records_of, rows_of
from predictions.versions.registry import PRIOR_NAME
from predictions.versions.selectors import (
    MAY_NOT_SERVE,
    champions,
    learned_from_forgotten,
    listed_versions,
    prefetch_versions,
)
from predictions.versions.services import (
    CannotRollBack,
    CannotStartCanary,
    end_canary,
    promote,
    roll_back,
    rollback_target,
    start_canary,
)
from privacy.trail.staff.admin import ReadOnlyAdmin

EVENTS_SHOWN = 10
VERSIONS_SHOWN = 20


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """The models as a task, in the place of Django's list and form.

    Rolling back has a permission of its own; promoting and the canary take the right to change versions.
    """

    def get_urls(self) -> list[URLPattern]:
        def named(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"predictions_modelversion_{name}")

        return [
            named("roll-back/", self.roll_back_view, "roll_back"),
            named("end-canary/", self.end_canary_view, "end_canary"),
            named("<path:object_id>/promote/", self.promote_view, "promote"),
            named("<path:object_id>/canary/", self.canary_view, "canary"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the versions, the serving one first, with their records and the latest decisions."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        now = timezone.now()
        versions = list(listed_versions())
        learned = {each.pk: learned_from(each.learned) for each in versions}
        champion = next((each for each in versions if each.role == ModelVersion.Role.CHAMPION), None)
        canary = next((each for each in versions if each.canary_share > 0), None)
        challenger = canary or next((each for each in versions if each.role == ModelVersion.Role.CHALLENGER), None)
        serving: list[ModelVersion | None] = [champion, *([challenger] if challenger else [])]
        keys = [version.pk if version else None for version in serving]
        records = records_of(keys, now)
        comparison = last_comparison(challenger) if challenger else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Models",
            "opts": self.opts,
            "prior": PRIOR_NAME,
            "champion": champion,
            "champion_name": readable_name(champion) if champion else f"the {PRIOR_NAME}",
            "champion_learned": learned[champion.pk] if champion else "The prior needs no training.",
            "canary": canary,
            "challenger": challenger,
            "challenger_name": challenger and readable_name(challenger),
            "challenger_learned": challenger and learned[challenger.pk],
            "records": [records[key] for key in keys],
            "comparison": comparison,
            "compared": rows_of(comparison) if comparison else [],
            "versions": [(each, readable_name(each), learned[each.pk]) for each in versions[:VERSIONS_SHOWN]],
            "events": ModelEvent.objects.prefetch_related(
                prefetch_versions("from_version"), prefetch_versions("to_version")
            )[:EVENTS_SHOWN],
            "may_roll_back": _may_roll_back(request),
            "may_change": _may_change(request),
        }
        return TemplateResponse(request, "admin/predictions/modelversion/models.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one version: what it learned from, its record, comparisons and decisions."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        version = self.get_object(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        comparison = last_comparison(version)
        context = {
            **self.admin_site.each_context(request),
            "title": readable_name(version),
            "opts": self.opts,
            "version": version,
            "learned": learned_from(version.manifest),
            "facts": facts_of(version),
            "evidence": evidence_of(version.manifest),
            "records": [records_of([version.pk], timezone.now())[version.pk]],
            "comparison": comparison,
            "compared": rows_of(comparison) if comparison else [],
            "events": ModelEvent.objects.filter(Q(to_version=version) | Q(from_version=version)).prefetch_related(
                prefetch_versions("from_version"), prefetch_versions("to_version")
            )[:EVENTS_SHOWN],
            "may_not_serve": MAY_NOT_SERVE if learned_from_forgotten(version) else "",
            "may_change": _may_change(request),
        }
        return TemplateResponse(request, "admin/predictions/modelversion/version.html", context)

    def roll_back_view(self, request: HttpRequest) -> HttpResponse:
        """Show on GET what would happen; do it on POST, if the champion is still the one shown."""
        if not _may_roll_back(request):
            raise PermissionDenied
        try:
            if request.method == "POST":
                target = roll_back(
                    champion_id=_shown_champion(request),
                    by=request.user.get_username(),
                    reason=_reason(request) or "Rolled back in the admin.",
                )
                return self._done(request, f"From now on {target or f'the {PRIOR_NAME}'} serves.")
            champion = champions().first()
            target = rollback_target(champion)
        except CannotRollBack as error:
            return self._refused(request, error)
        assert champion is not None
        return self._confirm(request, confirming.of_rollback(champion, target))

    def promote_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show on GET what promoting the version does; do it on POST, if the champion is still the one shown."""
        version = self._version_to_change(request, object_id)
        champion = champions().first()
        if version is None or version == champion:
            return self._refused(request, "This version serves already, or there is none.")
        if request.method != "POST":
            return self._confirm(request, confirming.of_promotion(version, champion, last_comparison(version)))
        if _shown_champion(request) != (champion.pk if champion else None):
            return self._refused(request, "The champion changed meanwhile. Nothing was changed.")
        if not (reason := _reason(request)):
            confirmation = confirming.of_promotion(version, champion, last_comparison(version))
            return self._confirm(request, confirmation, "Say why: the reason is kept with the decision.")
        try:
            promote(version=version, by=request.user.get_username(), reason=reason)
        except RefusedArtefact as error:
            return self._refused(request, error)
        return self._done(request, f"From now on {version} serves.")

    def canary_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show on GET what a canary of the version does; start it on POST, or change its share."""
        version = self._version_to_change(request, object_id)
        if version is None:
            return self._refused(request, "There is no such version.")
        if request.method != "POST":
            return self._confirm(request, confirming.of_canary(version, champions().first()))
        try:
            share = (whole_number(request.POST.get("percent", "")) or 0) / 100
            start_canary(version=version, share=share, by=request.user.get_username())
        except CannotStartCanary as error:
            return self._refused(request, error)
        return self._done(request, f"{version} serves {share:.0%} of accounts from now on.")

    def end_canary_view(self, request: HttpRequest) -> HttpResponse:
        """Ask on GET whether to end the canary; end it on POST."""
        if not _may_change(request):
            raise PermissionDenied
        if request.method != "POST":
            canary = ModelVersion.objects.filter(canary_share__gt=0).first()
            if canary is None:
                return self._refused(request, "No canary runs.")
            return self._confirm(request, confirming.of_canary_end(canary))
        ended = end_canary(by=request.user.get_username(), reason=_reason(request) or "Ended in the admin.")
        return self._done(request, f"The canary of {ended} has ended." if ended else "No canary ran.")

    def _version_to_change(self, request: HttpRequest, object_id: str) -> ModelVersion | None:
        if not _may_change(request):
            raise PermissionDenied
        version: ModelVersion | None = self.get_object(request, object_id)
        return version

    def _confirm(self, request: HttpRequest, confirmation: confirming.Confirmation, error: str = "") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": confirmation.title,
            "opts": self.opts,
            "confirmation": confirmation,
            "error": error,
        }
        return TemplateResponse(request, "admin/predictions/modelversion/confirm.html", context)

    def _done(self, request: HttpRequest, words: str) -> HttpResponse:
        messages.success(request, words)
        return redirect("admin:predictions_modelversion_changelist")

    def _refused(self, request: HttpRequest, why: object) -> HttpResponse:
        messages.error(request, str(why))
        return redirect("admin:predictions_modelversion_changelist")


def _may_roll_back(request: HttpRequest) -> bool:
    return request.user.has_perm("predictions.roll_back_modelversion")


def _may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("predictions.change_modelversion")


def _shown_champion(request: HttpRequest) -> int | None:
    return whole_number(written) if (written := request.POST.get("champion", "")) else None


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[: confirming.LONGEST_REASON]


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
