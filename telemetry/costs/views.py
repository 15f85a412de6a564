"""The staff page of today's cost; an admin of telemetry gives it its address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from telemetry.costs.today import today


def costs(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer with today's estimate beside the budget; `context` is the admin site's."""
    return render(
        request, "admin/telemetry/costs.html", {**context, "title": "Cost today", "today": today(timezone.now())}
    )
