"""Nothing that becomes known after a moment changes what is made as of it, over whole pipelines; and the alarm works."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from predictions.engine import (
    HORIZON,
    AccountHistory,
    Counts,
    Draft,
    GlobalModel,
    PublishedPost,
    forecast,
    learn_account,
    train,
)
from predictions.engine import history as engine_history
from predictions.engine import training as engine_training
from predictions.engine import weights as engine_weights
from predictions.engine.features import Features
from predictions.engine.growth import GrowthCurve
from predictions.engine.history import History, Timeline, content_of
from predictions.engine.promotion import compare
from predictions.engine.rows import rows_of_account
from tests.engine.leakage import (
    FAR,
    FUTURE,
    UNRIPE,
    Outputs,
    Pipeline,
    another_future,
    backtest,
    forecasts_with,
    leaks,
    rewritten,
    rows,
    states_with,
    training,
    unripe_recounted,
    with_observations,
)
from tests.engine.synthetic import CAPTIONS, DAY, START, account, draft, population, post
from tests.engine.test_backtest import write
from tests.prove import SEED, scaled

SEEN = (2 * 3600, 6 * 3600, DAY, 29 * 3600, 3 * DAY)


def world(accounts: int = 2, posts: int = 24, *, name: str = "w", seed: int = 0) -> list[AccountHistory]:
    """Accounts as a live service sees them: each post within hours, at the horizon, and later."""
    made = []
    for i in range(accounts):
        made.append(
            account(
                f"{name}{i}", posts, seed=seed, level=4.0 + i % 4, observed=SEEN, step=DAY // 2 + i % 3 * DAY // 4,
                caption_effect=1.0, favourite=i % len(CAPTIONS), followers=10.0 ** (2 + i % 5),
            )
        )  # fmt: skip
    return made


def without_some_likes(history: AccountHistory) -> AccountHistory:
    """Every seventh post never shows its likes: they are filled in from its other counts."""
    return replace(
        history,
        posts=tuple(
            with_observations(p, (replace(c, likes=float("nan")) for c in p.observations)) if k % 7 == 6 else p
            for k, p in enumerate(history.posts)
        ),
    )


def moments_of(accounts: Sequence[AccountHistory]) -> list[int]:
    """The edges: a second before and at the end of a first day, at and just before an observation, between posts."""
    posts = accounts[0].posts
    a, b = posts[len(posts) // 2], posts[len(posts) * 3 // 4]
    return [a.posted_at + HORIZON - 1, a.posted_at + HORIZON, b.observations[1].observed_at - 1, b.posted_at]


ACCOUNTS = world()
MOMENTS = moments_of(ACCOUNTS)
HIDING = [without_some_likes(a) for a in ACCOUNTS]
LIVE = {**FUTURE, **UNRIPE}

# The real pipelines are silent.


@pytest.mark.parametrize("kind", ["prior", "trained"])
def test_no_future_moves_a_forecast_or_a_state(model: GlobalModel, kind: str):
    used = model if kind == "trained" else GlobalModel.prior()
    assert leaks(forecasts_with(used), HIDING, MOMENTS, LIVE) == []
    assert leaks(states_with(used), HIDING, MOMENTS, FUTURE) == []


def test_no_future_moves_a_training_row():
    """Of posts that were observed by their horizon; others stand with their first later observation, by design."""
    assert leaks(rows, ACCOUNTS, MOMENTS, LIVE) == []


counts = st.builds(Counts, st.just(0), *[st.one_of(st.just(float("nan")), st.floats(0, 1e9)) for _ in range(4)])
futures = st.lists(st.tuples(st.integers(0, 10 * DAY), counts, st.integers(0, len(CAPTIONS) - 1)), min_size=1, max_size=6)


def drawn(later: list[tuple[int, Counts, int]]) -> Callable[[AccountHistory, int], AccountHistory]:
    """The change to a drawn future: other observations, other posts, other captions."""

    def change(history: AccountHistory, moment: int) -> AccountHistory:
        posts: list[PublishedPost] = []
        for p in history.posts:
            if p.posted_at <= moment:
                known = tuple(c for c in p.observations if c.observed_at <= moment)
                posts.append(
                    with_observations(p, (*known, *(replace(c, observed_at=moment + 1 + d) for d, c, _ in later)))
                )
        posts += [post(f"new{i}", moment + 1 + d, 10.0 ** (i % 7), kind) for i, (d, _, kind) in enumerate(later)]
        return replace(history, posts=tuple(posts))

    return change


@given(later=futures, moment=st.integers(START + 3 * DAY, START + 14 * DAY))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_drawn_future_moves_anything(model: GlobalModel, later, moment):
    for pipeline in (rows, forecasts_with(model), states_with(model)):
        assert leaks(pipeline, ACCOUNTS[:1], [moment], {"drawn": drawn(later)}) == []


def test_training_depends_on_nothing_but_what_was_known_until_then():
    accounts = population(12, 30)
    assert not train(accounts, until=START + 25 * DAY).is_prior
    assert leaks(training, accounts, [START + 25 * DAY], {"another_future": another_future}) == []


def crawled(accounts: int, posts: int, name: str) -> list[AccountHistory]:
    """Histories read at one moment, weeks after their last post; and of each account a post a day old."""
    made = []
    for i in range(accounts):
        history = account(f"{name}{i}", posts, level=4.0 + i % 5, observed=(60 * DAY,))
        fresh = [post(f"{name}{i}-f{k}", START + (posts + 2 * k) * DAY + i, 4e3, k, (20 * 3600,)) for k in range(3)]
        made.append(replace(history, posts=(*history.posts, *fresh)))
    return made


def later_forecasts(files: Path, *, horizon: bool) -> Pipeline:
    """Rows of `manage.py backtest --predictions` for posts published by the moment: as the judge reads them."""
    learned_from = write(files / "train.csv", crawled(8, 30, "train"))

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        test, out = write(files / "test.csv", list(accounts)), files / "out.csv"
        options = ["--horizon"] if horizon else []
        call_command("backtest", str(test), "--train", str(learned_from), "--predictions", str(out), *options)
        with out.open(encoding="utf-8") as file:
            forecasts = {row["post_id"]: row for row in csv.DictReader(file)}
        # The truth stands beside each forecast, and is what changes.
        return {
            f"test post {name}": repr({k: v for k, v in row.items() if k != "likes"}).encode()
            for name, row in forecasts.items()
            if np.datetime64(row["posted_at"].rstrip("Z"), "s").astype(int) <= moment
        }

    return pipeline


@pytest.mark.parametrize("horizon", [False, True], ids=["mature", "horizon"])
def test_a_later_label_changed_in_the_file_moves_no_earlier_forecast(tmp_path: Path, horizon: bool):
    test = crawled(6, 30, "t")
    # The median test post: the day of its publishing has not passed for what is changed.
    moment = START + (32 if horizon else 27) * DAY
    pipeline = later_forecasts(tmp_path, horizon=horizon)
    assert leaks(pipeline, test, [moment], UNRIPE) == []
    # The comparison can fail: the same change moves what is forecast later.
    assert pipeline(test, FAR) != pipeline([unripe_recounted(a, moment) for a in test], FAR)
