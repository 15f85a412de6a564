"""Fixtures of the accounts tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.test import Client

from accounts.models import TikTokAccount, User
from accounts.tiktok import client as tiktok
from privacy.purposes import Purpose
from tests.accounts.support import connect, creators
from tests.factories import UserFactory, agree
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
    return UserFactory(username="anna")


@pytest.fixture
def newcomers_agree() -> Iterator[None]:
    """People who sign in for the first time have agreed to the service by the time their account is stored."""

    def agree_at_once(instance: User, created: bool, **_: Any) -> None:
        if created:
            agree(instance, Purpose.SERVICE)

    post_save.connect(agree_at_once, sender=User)
    yield
    post_save.disconnect(agree_at_once, sender=User)


@pytest.fixture
def account(sandbox: SandboxProcess, user: User, creator: str) -> TikTokAccount:
    """The person's connected TikTok account."""
    return connect(sandbox, user, creator)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """TikTok gets a fraction of a second to answer."""
    monkeypatch.setattr(tiktok, "DEADLINE_S", 0.3)
