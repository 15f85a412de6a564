"""The page itself: it needs neither the database nor a session, so that it answers while they are away."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from telemetry.status_page.selectors import status


@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """Show what works now."""
    # without the request, whose person would be looked up
    return HttpResponse(render_to_string("public/status.html", {"status": status()}))
