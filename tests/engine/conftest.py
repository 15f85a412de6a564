import pytest

from predictions.engine import GlobalModel
from predictions.engine.estimators import network, trees
from tests.engine.synthetic import end_of, population
from tests.shared_models import trained


@pytest.fixture(scope="session")
def model() -> GlobalModel:
    """A model that learned from `population()`."""
    accounts = population()
    return trained("engine", accounts, until=max(end_of(a) for a in accounts))


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in a moment, for tests to which it does not matter how well a model learned."""
    monkeypatch.setattr(trees, "_ROUNDS", 20)
    monkeypatch.setattr(network, "_MIN_STEPS", 20)
