"""Fixtures of the tests of training: accounts to compare on, and a champion that is easily beaten."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import TikTokAccount
from predictions.models import ModelVersion
from predictions.versions.services import register
from tests.kept_rows import keeping_rows
from tests.predictions.training.support import erratic, few_accounts


@pytest.fixture(autouse=True)
def _quick_training(quick_training: None) -> None:
    """Train in a few rounds: tests/engine looks at how well a model learned."""


@pytest.fixture(scope="module")
def stored_accounts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[int]]:
    """The keys of accounts whose rows stay until the end of the module."""
    with keeping_rows(django_db_blocker):
        yield [account.pk for account in few_accounts()]


@pytest.fixture
def accounts(stored_accounts: list[int], db: None) -> list[TikTokAccount]:
    """Accounts enough for a comparison, with too few posts for trees and networks, so that training is fast."""
    return list(TikTokAccount.objects.filter(pk__in=stored_accounts).select_related("user").order_by("pk"))


@pytest.fixture
def bad_champion(db) -> ModelVersion:
    """A champion that any trained challenger beats."""
    return register(model=erratic(), metrics={}, promote=True)
