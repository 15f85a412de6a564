"""Metrics of requests by programs: those of django_prometheus under the same names, found once and not per request."""

import time
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django_prometheus.middleware import Metrics
from prometheus_client import Counter, Histogram

_METRICS = Metrics.get_instance()
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "PATCH"})


class MetricsMiddleware:
    """Counts and times requests as PrometheusBeforeMiddleware and PrometheusAfterMiddleware do together.

    Outermost: the latency by view takes in the middleware. Templates, charsets, transports and `X-Requested-With` are
    the same for all programs, and not counted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        _METRICS.requests_total.inc()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match is not None and match.view_name else "<unnamed view>"
        method = str(request.method) if request.method in _METHODS else "<invalid method>"
        responses, latency = _of(view, method, response.status_code)
        responses.inc()
        taken = time.perf_counter() - started
        latency.observe(taken)
        _METRICS.requests_latency_before.observe(taken)
        _METRICS.responses_total.inc()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Count the exception, which is answered by somebody else."""
        _METRICS.exceptions_by_type.labels(type=type(exception).__name__).inc()
        match = request.resolver_match
        _METRICS.exceptions_by_view.labels(view=(match and match.view_name) or "<unnamed view>").inc()


@lru_cache(maxsize=4_096)
def _of(view: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Return the counter of these responses and the histogram of the view's latency."""
    return (
        _METRICS.responses_by_status_view_method.labels(status=str(status), view=view, method=method),
        _METRICS.requests_latency_by_view_method.labels(view=view, method=method),
    )
