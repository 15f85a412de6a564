"""The privacy page, made from the declarations."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.declarations.documents import categories


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what is kept of people, and why."""
    return render(request, "privacy/privacy.html", {"categories": categories()})
