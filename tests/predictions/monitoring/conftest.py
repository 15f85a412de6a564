"""A fixture of the tests of monitoring: requests for retraining."""

import pytest
from celery import current_app


@pytest.fixture
def requested(monkeypatch) -> list[str]:
    """The reasons of the requests for retraining."""
    reasons: list[str] = []

    def send_task(name: str, arguments: list[str]) -> None:
        assert name == "predictions.training.tasks.retrain_model"
        reasons.extend(arguments)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return reasons
