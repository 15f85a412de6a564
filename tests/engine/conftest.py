import pytest

from predictions.engine import GlobalModel
from tests.engine.synthetic import end_of, population
from tests.shared_models import trained


@pytest.fixture(scope="session")
def model() -> GlobalModel:
    """A model that learned from `population()`."""
    accounts = population()
    return trained("engine", accounts, until=max(end_of(a) for a in accounts))
