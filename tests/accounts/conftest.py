"""Fixtures of the accounts tests."""

import pytest
from django.test import Client

from accounts.models import TikTokAccount, User
from accounts.tiktok import client as tiktok
from tests.accounts.support import connect, creators
from tests.sandbox.client import SandboxProcess


@pytest.fixture
def creator(sandbox: SandboxProcess) -> str:
    """Somebody to sign in as."""
    return creators(sandbox)[0]


@pytest.fixture
def other_creator(sandbox: SandboxProcess) -> str:
    """Somebody else to sign in as."""
    return creators(sandbox)[1]


@pytest.fixture
def browser() -> Client:
    """A browser that is not signed in."""
    return Client()


@pytest.fixture
def user(db: None) -> User:
    """A person."""
    return User.objects.create_user("anna")


@pytest.fixture
def account(sandbox: SandboxProcess, user: User, creator: str) -> TikTokAccount:
    """The person's connected TikTok account."""
    return connect(sandbox, user, creator)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """TikTok gets a fraction of a second to answer."""
    monkeypatch.setattr(tiktok, "TIMEOUT", (1, 0.3))
