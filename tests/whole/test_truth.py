"""Forecasts against what is true: the simulator knows what a draft will do, the engine only the histories."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from posts.content.captions import measure_caption
from predictions.engine import AccountHistory, Forecast, GlobalModel, forecast, learn_account
from predictions.engine import Draft as EngineDraft
from predictions.engine.data.history_file import read_history_file
from tests.sandbox.control import truth
from tests.sandbox.simulation import population
from tests.sandbox.simulation.creators import Creator
from tests.sandbox.simulation.simulator import Simulator
from tests.sandbox.world import World
from tests.shared_models import trained

SEED, ACCOUNTS, UNKNOWN = 5, 70, 20
NOW = 20_000 * 24 * 3600
COVER = (0.5, 0.5, 0.5)
DRAFTS = (("What should I make next? #fyp", 18), ("My morning routine", 9), ("", 26))


@pytest.fixture(scope="module")
def creators() -> list[Creator]:
    return list(population.creators(SEED, ACCOUNTS, posts_max=90))


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> list[AccountHistory]:
    file = tmp_path_factory.mktemp("population") / "population.csv.gz"
    population.write(file, seed=SEED, accounts=ACCOUNTS, posts_max=90, until=NOW)
    by_id = {account.account_id: account for account in read_history_file(file)}
    return [by_id[f"sim{creator.index}"] for creator in population.creators(SEED, ACCOUNTS, posts_max=90)]


@pytest.fixture(scope="module")
def model(histories: list[AccountHistory]) -> GlobalModel:
    """Learned from other creators than those it is asked about."""
    return trained("truth", histories[UNKNOWN:], until=NOW)


def true_median(creator: Creator, caption: str, publish_at: int) -> float:
    world = cast(World, SimpleNamespace(simulator=Simulator(SEED, NOW), state=SimpleNamespace(shifts=[])))
    return truth.expectation(world, creator, truth.Draft(caption, 20, publish_at, COVER))["likes"]["median"]


def forecast_of(model: GlobalModel, history: AccountHistory, caption: str, publish_at: int) -> Forecast:
    draft = EngineDraft(publish_at, measure_caption(caption), 20.0, "", None)
    return forecast(model, learn_account(model, history, as_of=NOW), draft, as_of=NOW)


def test_the_typical_forecast_is_nearer_to_the_truth_than_the_baseline(
    creators: list[Creator], histories: list[AccountHistory], model: GlobalModel
) -> None:
    off, baseline_off = [], []
    for creator, history in zip(creators[:UNKNOWN], histories[:UNKNOWN], strict=True):
        for caption, hours in DRAFTS:
            publish_at = NOW + hours * 3600
            given, median = forecast_of(model, history, caption, publish_at), true_median(creator, caption, publish_at)
            assert given.basis == "account"
            assert given.baseline is not None
            off.append(abs(np.log1p(given.typical) - np.log1p(median)))
            baseline_off.append(abs(np.log1p(given.baseline) - np.log1p(median)))
    # what is left is the drift of the level, effects that few posts do not show, and the noise of those posts
    assert np.mean(off) < 0.75 * np.mean(baseline_off), (np.mean(off), np.mean(baseline_off))
