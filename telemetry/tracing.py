"""OpenTelemetry traces through Django, psycopg, Redis and Celery, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

Without it no instrumentation is imported (`requirements/tracing.txt` need not be installed). Spans leave with the
attributes of `KEPT` alone: no address, no text of an error, no value of a statement.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

KEPT = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code"),
        *("db.system", "db.system.name", "db.operation", "celery.action", "celery.state", "celery.task_name"),
        *("messaging.destination", "messaging.system", "messaging.message.id", "messaging.message_id", "error.type"),
    }
)
"""Attributes of spans that leave the service."""


def start(exporter: "SpanExporter | None" = None) -> None:
    """Trace this process and its children: before Django's handler is built, and in each child of a worker.

    `exporter` stands in for the one to the configured collector.
    """
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = exporter or OTLPSpanExporter(endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces", timeout=5)
    provider = TracerProvider(resource=Resource.create({"service.name": "postcast"}))
    # begins its thread anew in a forked child
    provider.add_span_processor(BatchSpanProcessor(_sparing(exporter)))
    trace.set_tracer_provider(provider)
    for instrumentor in (DjangoInstrumentor, PsycopgInstrumentor, RedisInstrumentor, CeleryInstrumentor):
        instrumentor().instrument()


def _sparing(exporter: "SpanExporter") -> "SpanExporter":
    """Return an exporter that passes on spans without what could tell of people."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Status

    class Sparing(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            """Export spans with the attributes of KEPT, without events and descriptions."""
            return exporter.export([_spare(span) for span in spans])

        def shutdown(self) -> None:
            """End the exporter."""
            exporter.shutdown()

    def _spare(span: ReadableSpan) -> ReadableSpan:
        attributes: dict[str, Any] = {name: value for name, value in (span.attributes or {}).items() if name in KEPT}
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=attributes,
            links=span.links,
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    return Sparing()
