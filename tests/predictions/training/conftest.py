"""Fixtures of the tests of training: accounts to compare on, and a champion that is easily beaten."""

import pytest

from predictions.models import ModelVersion
from predictions.versions.services import register
from tests.predictions.histories import store, synthetic_histories
from tests.predictions.training.support import UNTIL, erratic


@pytest.fixture
def accounts(db):
    """Accounts enough for a comparison, with too few posts for trees and networks, so that training is fast."""
    return store(synthetic_histories(22, 14, until=UNTIL, seed=3))


@pytest.fixture
def bad_champion(db) -> ModelVersion:
    """A champion that any trained challenger beats."""
    return register(model=erratic(), metrics={}, promote=True)
