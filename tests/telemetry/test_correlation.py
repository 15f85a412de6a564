"""One trace and one set of log ids, from a request into the task it sends; nothing of people leaves in a span."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from celery.signals import before_task_publish

from config.celery import app
from telemetry.correlation import about_account
from tests.serving.conftest import environment

ROOT = Path(__file__).resolve().parents[2]
TRACED = """
import json
from config.settings import test as settings
import django
django.setup()
from celery import current_app, shared_task
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from telemetry import tracing
exporter = InMemorySpanExporter()
tracing.start(exporter)
from config.celery import app
from telemetry import views
from telemetry.tasks import relay_outbox
from kombu import Connection
import config.urls
def view(request, name):
    from django.http import HttpResponse
    relay_outbox.apply_async()
    return HttpResponse()
from django.urls import path
config.urls.urlpatterns.insert(0, path("traced/<name>", view))
from django.test import Client
Client().get("/traced/jane-doe?secret=words", HTTP_USER_AGENT="agent-of-jane")
# the message as a worker takes it from the queue
with app.connection_for_read() as connection:
    message = connection.default_channel.basic_get("interactive", no_ack=True)
    assert message is not None
task = app.tasks[message.headers["task"]]
task.push_request(id=message.headers["id"], headers=message.headers, called_directly=False, **{
    name: message.headers[name] for name in message.headers if name not in ("id", "task", "headers")})
from celery import signals
signals.task_prerun.send(sender=task, task_id=message.headers["id"], task=task)
signals.task_postrun.send(sender=task, task_id=message.headers["id"], task=task)
trace.get_tracer_provider().force_flush()
print(json.dumps([json.loads(span.to_json()) for span in exporter.get_finished_spans()]))
"""


@pytest.mark.django_db(transaction=True)
def test_one_trace_goes_from_a_request_into_its_task_and_tells_nothing_of_people() -> None:
    settings = {**environment(), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", TRACED], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=35
    )
    assert done.returncode == 0, done.stderr[-3000:]
    spans = json.loads(done.stdout)
    request = next(span for span in spans if "traced" in span["name"])
    same = {span["name"] for span in spans if span["context"]["trace_id"] == request["context"]["trace_id"]}
    assert {"apply_async/telemetry.tasks.relay_outbox", "run/telemetry.tasks.relay_outbox"} <= same
    told = json.dumps(spans)
    assert not any(word in told for word in ("jane", "secret", "words"))


def test_nothing_is_imported_where_no_collector_is_configured() -> None:
    # redis imports the SDK by itself where it is installed
    code = "import django, sys; django.setup(); from telemetry import tracing; tracing.start();"
    code += " print('opentelemetry.instrumentation.django' in sys.modules)"
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.stdout.strip().endswith("False"), done.stderr[-2000:]


def test_a_message_carries_the_request_and_the_account_s_pseudonym_into_the_task() -> None:
    app.loader.import_default_modules()
    headers: dict[str, str] = {}
    account = "acct_0123456789abcdef"
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        about_account(account)
        before_task_publish.send(sender="x", headers=headers, body=None)
        structlog.contextvars.unbind_contextvars("account")
    assert headers["log_request_id"] == "r-1"
    assert account not in json.dumps(headers)
    task = app.tasks["telemetry.tasks.relay_outbox"]
    seen: dict[str, object] = {}
    task.push_request(id="t-1", called_directly=False, **headers)
    try:
        from celery.signals import task_postrun, task_prerun

        task_prerun.send(sender=task, task_id="t-1", task=task)
        seen = structlog.contextvars.get_contextvars()
        task_postrun.send(sender=task, task_id="t-1", task=task)
    finally:
        task.pop_request()
    assert (seen["request_id"], seen["task_id"]) == ("r-1", "t-1")
    assert str(seen["account"]).startswith("acct~")
    assert "request_id" not in structlog.contextvars.get_contextvars()
