import pytest

from predictions.engine import GlobalModel, train
from tests.engine.synthetic import end_of, population


@pytest.fixture(scope="session")
def model() -> GlobalModel:
    accounts = population()
    return train(accounts, until=max(end_of(a) for a in accounts))
