"""The admin of privacy's own tables, and the desk: pending erasures and copies, the ledger, the gate."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from config.numbers import whole_number
from privacy.erasure.restores.desk import desk_of
from privacy.erasure.services import send_again
from privacy.models import AccessEvent, Consent, DataExport, Erasure, ExportPart, RetentionRun, SubjectKey
from privacy.trail.sentences import done_of
from privacy.trail.staff.admin import ReadOnlyAdmin

PSEUDONYM_SHOWN = 8


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
    list_display = ["public_id", "user", "state", "requested_at", "ready_at", "expires_at", "bytes", "attempts"]
    list_filter = ["state"]
    list_select_related = ["user"]

    @admin.display(description="size", ordering="size")
    def bytes(self, export: DataExport) -> str:
        return filesizeformat(export.size)


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

    def get_urls(self) -> list[URLPattern]:
        return [path("desk/", self.admin_site.admin_view(self.desk), name="privacy_erasure_desk"), *super().get_urls()]

    def desk(self, request: HttpRequest) -> HttpResponse:
        """Show what is to be erased or copied, without anybody's name; send an erasure that is due again on POST."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_send = request.user.has_perm("accounts.erase_user")
        if request.method == "POST":
            if not may_send:
                raise PermissionDenied
            if send_again(erasure_pk=whole_number(request.POST.get("erasure", "")) or 0):
                messages.success(request, "It was sent to a worker.")
            else:
                messages.error(request, "It is not due, or done by now.")
            return redirect("admin:privacy_erasure_desk")
        context = {
            **self.admin_site.each_context(request),
            "title": "Privacy desk",
            "opts": self.opts,
            "desk": desk_of(timezone.now()),
            "may_send": may_send,
        }
        return TemplateResponse(request, "admin/privacy/desk.html", context)


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    list_display = ["rule", "started_at", "finished_at", "removed", "error"]
    list_filter = ["rule", "started_at"]
    show_full_result_count = False


@admin.register(AccessEvent)
class AccessEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "who", "done", "why", "through", "person", "position"]
    list_filter = ["actor_kind", "action", "through", "at"]
    search_fields = ["actor", "subject", "reference"]
    show_full_result_count = False

    @admin.display(description="who", ordering="actor")
    def who(self, event: AccessEvent) -> str:
        return f"{event.get_actor_kind_display()} {event.actor}".strip()

    @admin.display(description="did", ordering="action")
    def done(self, event: AccessEvent) -> str:
        return done_of(event.action, event.what)

    @admin.display(description="to whom", ordering="subject")
    def person(self, event: AccessEvent) -> str:
        """Return the first letters of the pseudonym: enough to see that two events are about one person."""
        return f"{event.subject[:PSEUDONYM_SHOWN]}…" if event.subject else "nobody in particular"
