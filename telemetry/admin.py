"""The admin of queues, failed tasks and messages that wait: for operators. Imports the admins of rooms too."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from privacy.trail.staff.admin import ReadOnlyAdmin
from telemetry import failures
from telemetry.connections import redis_client
from telemetry.costs.views import costs
from telemetry.idempotency import admin as idempotency  # noqa: F401
from telemetry.models import FailedTask, OutboxMessage
from telemetry.queues import queues
from telemetry.service_page import admin as service_page  # noqa: F401


@admin.register(FailedTask)
class FailedTaskAdmin(ReadOnlyAdmin):
    list_display = ["name", "queue", "arguments", "kind", "message", "tries", "failed_at", "state", "settled_at"]
    list_filter = ["state", "queue", "failed_at"]
    search_fields = ["task", "error"]
    show_full_result_count = False
    change_list_template = "admin/telemetry/failed_tasks.html"
    actions = ["retry", "drop"]

    @admin.display(description="task", ordering="task")
    def name(self, failed: FailedTask) -> str:
        """Return the task without the path of its module, which its page has."""
        return failed.task.rpartition(".")[2]

    @admin.display(description="error", ordering="error")
    def kind(self, failed: FailedTask) -> str:
        return failed.error.rpartition(".")[2]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("telemetry.settle_failedtask"))

    @admin.action(description="Try again", permissions=["settle"])
    def retry(self, request: HttpRequest, chosen: "QuerySet[FailedTask]") -> None:
        """Send the chosen tasks again."""
        try:
            count = failures.retry([row.pk for row in chosen])
        except OperationalError:
            self.message_user(request, "Redis is away, so no task was sent. Please try later.", messages.ERROR)
        else:
            self.message_user(request, f"{count} tasks were sent again.")

    @admin.action(description="Drop: never try again", permissions=["settle"])
    def drop(self, request: HttpRequest, chosen: "QuerySet[FailedTask]") -> None:
        """Mark the chosen tasks as not to be tried again."""
        self.message_user(request, f"{failures.drop([row.pk for row in chosen])} tasks were dropped.")

    def get_urls(self) -> list[URLPattern]:
        return [path("costs/", self.admin_site.admin_view(self.costs), name="telemetry_costs"), *super().get_urls()]

    def costs(self, request: HttpRequest) -> HttpResponse:
        """Show today's cost to whoever may see the queues."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return costs(request, self.admin_site.each_context(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the queues as they are now above the tasks that failed."""
        try:
            with redis_client() as client:
                found = queues(client)
        except RedisError:
            found = []
        return super().changelist_view(request, {**(extra_context or {}), "queues": found})


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["task", "arguments", "created_at"]
    show_full_result_count = False
