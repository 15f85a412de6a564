"""The admin of privacy's own tables."""

from django.contrib import admin

from privacy.models import AccessEvent, Consent, DataExport, Erasure, ExportPart, RetentionRun, SubjectKey
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["user", "purpose", "version", "given_at", "given_through", "withdrawn_at", "withdrawn_through"]
    list_filter = ["purpose", "version", "given_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(SubjectKey)
class SubjectKeyAdmin(ReadOnlyAdmin):
    list_display = ["user"]
    list_select_related = ["user"]
    exclude = ["key"]


@admin.register(DataExport)
class DataExportAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "user", "state", "requested_at", "ready_at", "expires_at", "size", "attempts"]
    list_filter = ["state"]
    list_select_related = ["user"]


@admin.register(ExportPart)
class ExportPartAdmin(ReadOnlyAdmin):
    list_display = ["export", "number"]
    list_select_related = ["export"]
    exclude = ["sealed"]


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "reason", "state", "requested_at", "due_at", "finished_at", "attempts", "left"]
    list_filter = ["state", "reason"]
    search_fields = ["public_id"]
    exclude = ["sealed_identifiers", "user_id", "account_ids"]


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    list_display = ["rule", "started_at", "finished_at", "removed", "error"]
    list_filter = ["rule", "started_at"]
    show_full_result_count = False


@admin.register(AccessEvent)
class AccessEventAdmin(ReadOnlyAdmin):
    list_display = ["position", "at", "actor_kind", "actor", "action", "what", "through", "why", "subject"]
    list_filter = ["actor_kind", "action", "through", "at"]
    search_fields = ["actor", "subject", "reference"]
    show_full_result_count = False
