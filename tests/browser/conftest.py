"""A real browser on the live service: Debian's Chromium, a Celery worker, the sandbox in its own process."""

import copy
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from accounts.models import User
from config.celery import app
from tests.factories import cover_measured_once, measured_once
from tests.sandbox.client import SandboxProcess

# playwright's sync API runs an event loop in this thread, which Django takes for asynchronous code
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They are skipped, and say so, where there is no Chromium."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="there is no `chromium` on the PATH"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # root may not use Chromium's own sandbox
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[OpenPage]:
    """Opens a page in a browser of its own; whatever a console complains of, but for `forgiven`, fails the test."""
    contexts = []
    forgiven: list[str] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in forgiven):
            complaints.append(f"{message.text} ({message.location['url']})")

    def open_it(*, user: User | None = None, width: int = 1200, forgive: Sequence[str] = (), **options: Any) -> Page:
        forgiven.extend(forgive)
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 800}, locale="en-GB", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker in a thread, on the tests' Redis and database."""
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="WARNING", shutdown_timeout=30):
        yield


@pytest.fixture(autouse=True)
def _measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure a caption or a cover once in the whole process: after each reset the sandbox has the same again."""
    monkeypatch.setattr("posts.ingest.storing.measure_caption", measured_once)
    monkeypatch.setattr("posts.ingest.measuring.measure_cover", cover_measured_once)


@pytest.fixture
def tiktok(sandbox: SandboxProcess, settings: Any, worker: None) -> SandboxProcess:
    """The sandbox, with browsers allowed to be sent there, and a worker that fetches from it."""
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", sandbox.url]
    settings.CONTENT_SECURITY_POLICY = policy
    return sandbox
