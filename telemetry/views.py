"""Liveness, readiness and metrics, for load balancers and monitoring."""

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from telemetry.dependencies import postgresql_fault, redis_fault
from telemetry.metrics.files import exposition_with_figures
from telemetry.signals import metrics_scraped, readiness_asked


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answer that the process lives; checks nothing else. At `/livez`, and `/healthz` as before."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Check PostgreSQL and its migrations, Redis, and that no app objects, each within seconds.

    Answer 503 with the faults where no request can be served. Without Redis requests are: then it says "degraded".
    """
    faults = {"postgresql": postgresql_fault()}
    if not faults["postgresql"]:
        faults["data"] = "; ".join(fault for _, fault in readiness_asked.send(sender=None) if fault)
    ready = not any(faults.values())
    faults["redis"] = redis_fault()
    status = ("degraded" if faults["redis"] else "ok") if ready else "unavailable"
    return JsonResponse(
        {"status": status, **{name: fault or "ok" for name, fault in faults.items()}}, status=200 if ready else 503
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Export Prometheus metrics to callers that send METRICS_TOKEN as a bearer token; answer 404 to all others."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    authorization = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not secrets.compare_digest(authorization.encode(), expected.encode()):
        raise Http404
    metrics_scraped.send(sender=None)
    return HttpResponse(exposition_with_figures(), content_type=CONTENT_TYPE_LATEST)
