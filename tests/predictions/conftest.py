"""Shared by the tests of predictions: small trained models, and an empty registry for each test."""

import datetime

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from predictions.engine import GlobalModel
from predictions.learning import services
from predictions.models import ModelVersion
from predictions.versions.registry import Registry
from predictions.versions.registry import registry as process_wide
from predictions.versions.services import register
from tests.factories import TikTokAccountFactory, history_of_posts
from tests.predictions.histories import DAY, synthetic_histories
from tests.shared_models import trained

UNTIL = int(timezone.now().timestamp()) // DAY * DAY - 30 * DAY
"""When the shared models were trained, in epoch seconds: the same all day, so that they can be kept."""


@pytest.fixture(scope="session")
def trained_models() -> tuple[GlobalModel, GlobalModel]:
    """Two models that differ, learned from simulated accounts."""
    first, second = (
        trained(f"predictions{seed}", synthetic_histories(12, 25, until=UNTIL, seed=seed), until=UNTIL)
        for seed in (1, 2)
    )
    return first, second


@pytest.fixture(autouse=True)
def registry() -> Registry:
    """A worker that has just started: nothing is loaded."""
    process_wide.__init__()  # type: ignore[misc]
    return process_wide


@pytest.fixture
def champion(db: None, trained_models: tuple[GlobalModel, GlobalModel]) -> ModelVersion:
    return register(model=trained_models[0], metrics={}, promote=True)


@pytest.fixture
def account(db: None) -> TikTokAccount:
    """An account without posts."""
    account: TikTokAccount = TikTokAccountFactory()
    return account


@pytest.fixture
def learned_account(account: TikTokAccount) -> TikTokAccount:
    """An account with thirty posts, whose weights were learned with the serving model."""
    history_of_posts(account, count=30, until=timezone.now() - datetime.timedelta(hours=1))
    assert services.update_weights(account_id=account.pk)
    return account


@pytest.fixture
def client_of(account: TikTokAccount) -> APIClient:
    """The account's owner at the API."""
    client = APIClient()
    client.force_authenticate(account.user)
    return client
