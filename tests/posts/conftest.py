"""A creator of the sandbox, connected the way a sign-in does it."""

from collections.abc import Callable, Collection
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import stamina
from django.utils import timezone

from accounts.linked.services import connect_account
from accounts.models import TikTokAccount, User
from accounts.tiktok import client
from tests.factories import UserFactory, cover_measured_once, measured_once
from tests.sandbox.client import SandboxProcess, consent

Connect = Callable[..., TikTokAccount]

SMALL = 12
PAGE_SIZE = 5
"""Small, so that even few posts make several pages."""


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr("posts.platforms.tiktok.client.PAGE_SIZE", PAGE_SIZE)


@pytest.fixture(autouse=True)
def _no_pauses():
    """Retries keep their number and lose their pauses."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch):
    """A host that fails is left alone for a moment only."""
    monkeypatch.setattr("config.outside.breaker.REST_S", 0.01)
    monkeypatch.setattr("config.outside.breaker.LONGEST_REST_S", 0.02)


@pytest.fixture(autouse=True)
def _measured_once(monkeypatch):
    """Measure a caption or a cover once in the whole process: after each reset the sandbox has the same again."""
    monkeypatch.setattr("posts.ingest.storing.measure_caption", measured_once)
    monkeypatch.setattr("posts.ingest.measuring.measure_cover", cover_measured_once)


@pytest.fixture
def sandbox(sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox with its clock stopped: the same question has the same answer throughout a test."""
    sandbox.control.run_at(0)
    return sandbox


@pytest.fixture
def creator(sandbox: SandboxProcess) -> str:
    """Return the handle of the smallest creator whose posts fill some pages."""
    sizes: dict[str, int] = {row["handle"]: row["posts"] for row in sandbox.control.creators()}
    return min((handle for handle, posts in sizes.items() if posts >= SMALL), key=sizes.__getitem__)


@pytest.fixture
def connect(sandbox: SandboxProcess) -> Connect:
    """`connect(handle, user=None, decline=())`: through the consent page to a connected account."""

    def connect(handle: str, user: User | None = None, decline: Collection[str] = ()) -> TikTokAccount:
        redirect_uri = "http://127.0.0.1:8000/callback/"
        question = {
            "client_key": sandbox.client_key,
            "response_type": "code",
            "scope": ",".join(client.SCOPES),
            "redirect_uri": redirect_uri,
            "state": "state",
        }
        with requests.Session() as session:
            answer = consent(session, f"{sandbox.authorize_url}?{urlencode(question)}", handle, decline)
        grant = client.exchange_code(code=parse_qs(urlsplit(answer).query)["code"][0], redirect_uri=redirect_uri)
        return connect_account(user=user or UserFactory(), grant=grant, now=timezone.now())

    return connect
