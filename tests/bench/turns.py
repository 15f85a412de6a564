"""Time several ways to the same thing in this process, in turn, so that a busy machine slows all alike."""

import random
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

WARM_UP = 20


def with_and_without_trail(account: Any) -> dict[str, Callable[[], Any]]:
    """The service as it is, and as it would be if a forecast wrote no event."""
    from tests.predictions.drafts import predict

    def nothing(**_: object) -> None:
        """In the place of what writes the event."""

    def without_trail() -> None:
        # a plain function: making a mock takes about as long as what is measured
        with mock.patch("predictions.forecasts.services.record", nothing):
            predict(account)

    return {"service": lambda: predict(account), "service without the trail": without_trail}


def time_in_turn(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """How long each took in each round, ms; in an order drawn anew, as the one before leaves caches warm or cold."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    dice = random.Random(0)
    for number in range(WARM_UP + rounds):
        for name, way in dice.sample(list(ways.items()), len(ways)):
            started = time.perf_counter()
            way()
            if number >= WARM_UP:
                taken[name].append((time.perf_counter() - started) * 1000)
    return taken
