"""The page itself, in the place of a list of `RouteDay`: for analysts and operators."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from redis.exceptions import RedisError

from privacy.trail.staff.admin import ReadOnlyAdmin
from telemetry.connections import redis_client
from telemetry.models import RouteDay
from telemetry.queues import queues
from telemetry.service_page import selectors
from telemetry.service_page.panels import panels


@admin.register(RouteDay)
class RouteDayAdmin(ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show how the service did by day and route."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        days = selectors.days_until(timezone.now().date())
        routes = selectors.routes(days)
        chosen = request.GET.get("endpoint", "")
        endpoint = next((each.endpoint for each in routes if str(each.endpoint.pk) == chosen), None)
        endpoint = endpoint or (routes[0].endpoint if routes else None)
        try:
            with redis_client() as client:
                waiting = queues(client)
        except RedisError:
            waiting = None
        charts = [selectors.latency(endpoint, days), selectors.stages(endpoint, days)] if endpoint else []
        context = {
            **self.admin_site.each_context(request),
            "title": "The service by day",
            "opts": self.opts,
            "days": len(days),
            "routes": routes,
            "chosen": endpoint,
            "queues": waiting,
            "charts": [*charts, selectors.errors(days), *panels(days)],
        }
        return TemplateResponse(request, "admin/telemetry/service.html", context)
