"""Fixtures of the tests of monitoring: requests for retraining, and accounts whose audience shifted."""

import pytest
from celery import current_app

from tests.engine.evaluation.drifting import simulated
from tests.predictions.monitoring.support import SHIFT, store


@pytest.fixture
def requested(monkeypatch) -> list[str]:
    """The reasons of the requests for retraining."""
    reasons: list[str] = []

    def send_task(name: str, arguments: list[str]) -> None:
        assert name == "predictions.training.tasks.retrain_model"
        reasons.extend(arguments)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return reasons


@pytest.fixture
def shifted() -> None:
    """Forty accounts whose audience drops at SHIFT for good."""
    store(simulated(3, at=SHIFT, level=-1.3))
