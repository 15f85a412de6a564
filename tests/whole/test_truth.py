"""Forecasts against what is true: the simulator knows what a draft will do, the engine only the histories."""

from dataclasses import dataclass
from pathlib import Path
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

SEED = 5
NOW = 20_000 * 24 * 3600
COVER = (0.5, 0.5, 0.5)
DRAFTS = (("What should I make next? #fyp", 18), ("My morning routine", 9), ("", 26))


@dataclass(frozen=True)
class Size:
    accounts: int
    posts_max: int
    unknown: int
    """Accounts that are forecast, and not learned from."""


def true_median(creator: Creator, caption: str, publish_at: int) -> float:
    world = cast(World, SimpleNamespace(simulator=Simulator(SEED, NOW), state=SimpleNamespace(shifts=[])))
    return truth.expectation(world, creator, truth.Draft(caption, 20, publish_at, COVER))["likes"]["median"]


def forecast_of(model: GlobalModel, history: AccountHistory, caption: str, publish_at: int) -> Forecast:
    draft = EngineDraft(publish_at, measure_caption(caption), 20.0, "", None)
    return forecast(model, learn_account(model, history, as_of=NOW), draft, as_of=NOW)


@pytest.mark.parametrize(
    "size",
    [pytest.param(Size(26, 60, 8), id="few"), pytest.param(Size(70, 90, 20), id="many", marks=pytest.mark.prove)],
)
def test_the_typical_forecast_is_nearer_to_the_truth_than_the_baseline(size: Size, tmp_path: Path) -> None:
    creators = list(population.creators(SEED, size.accounts, posts_max=size.posts_max))
    file = tmp_path / "population.csv.gz"
    population.write(file, seed=SEED, accounts=size.accounts, posts_max=size.posts_max, until=NOW)
    by_id = {account.account_id: account for account in read_history_file(file)}
    histories = [by_id[f"sim{creator.index}"] for creator in creators]
    model = trained(f"truth{size.accounts}", histories[size.unknown :], until=NOW)
    off, baseline_off = [], []
    for creator, history in zip(creators[: size.unknown], histories[: size.unknown], strict=True):
        for caption, hours in DRAFTS:
            publish_at = NOW + hours * 3600
            given, median = forecast_of(model, history, caption, publish_at), true_median(creator, caption, publish_at)
            assert given.basis == "account"
            assert given.baseline is not None
            off.append(abs(np.log1p(given.typical) - np.log1p(median)))
            baseline_off.append(abs(np.log1p(given.baseline) - np.log1p(median)))
    # what is left is the drift of the level, effects that few posts do not show, and the noise of those posts
    assert np.mean(off) < 0.75 * np.mean(baseline_off), (np.mean(off), np.mean(baseline_off))
