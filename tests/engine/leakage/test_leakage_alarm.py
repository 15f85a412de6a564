"""The alarm rings for whatever leaks: each plant makes one mistake in the real code, which has to be found."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from predictions.engine import AccountHistory, GlobalModel, train
from predictions.engine import learned_account as engine_account
from predictions.engine import training as engine_training
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import History, Timeline
from predictions.engine.effects.account_effects import EffectPosts, effect_of, replay_effects
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.estimators import network as engine_network
from predictions.engine.estimators import trees as engine_trees
from predictions.engine.estimators.account_noise import AccountNoise, replay_noise
from predictions.engine.estimators.topic_effect import TopicEffect
from predictions.engine.evaluation import promotion as engine_promotion
from predictions.engine.features import rows as engine_rows
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.global_model import LogForecast
from predictions.engine.types import Floats
from tests.engine.leakage.alarm import (
    FAR,
    FUTURE,
    UNRIPE,
    Outputs,
    Pipeline,
    another_future,
    backtest,
    features_with,
    forecasts_with,
    judged,
    labels,
    last_label_changed,
    leaks,
    misses_with,
    rows,
    states_with,
    training,
    with_observations,
)
from tests.engine.leakage.worlds import ACCOUNTS, AROUND, COMPARED, JUDGED, LIVE, MOMENTS, crawled, errors_on_one_post
from tests.engine.synthetic import DAY, START, account, population


def whole_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feature from the mean of the account's whole history."""
    real = Timeline.known_at

    def leaking(self: Timeline, moment: int) -> History:
        known = real(self, moment)
        return replace(known, logs=known.logs + 1e-9 * np.mean([c.likes for p in self.posts for c in p.observations]))

    monkeypatch.setattr(Timeline, "known_at", leaking)


def only_the_last_post(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Timeline.known_at

    def leaking(self: Timeline, moment: int) -> History:
        known = real(self, moment)
        return replace(known, logs=known.logs + 1e-9 * sum(c.likes for c in self.posts[-1].observations))

    monkeypatch.setattr(Timeline, "known_at", leaking)


def labels_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "known_at", lambda self, moment: self[~np.isnan(self.likes)])


def horizon_a_second_short(monkeypatch: pytest.MonkeyPatch) -> None:
    real = History.known_at
    monkeypatch.setattr(History, "known_at", lambda self, moment: real(self, moment + 1))


def observations_as_of_later(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Timeline.advance
    monkeypatch.setattr(Timeline, "advance", lambda self, moment: real(self, FAR))


def hashtags_of_all_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often a post's hashtags occur among all of the account's posts, past and future."""
    real = Timeline.contents

    def leaking(self: Timeline) -> History:
        contents = real(self)
        used = [len(set(p.caption.hashtags) & set(q.caption.hashtags)) for p in self.posts for q in self.posts]
        popularity = np.reshape(used, (len(self.posts), -1)).sum(axis=1, keepdims=True)
        return replace(contents, numbers=contents.numbers + popularity)

    monkeypatch.setattr(Timeline, "contents", leaking)


def a_timeline_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account is learned without asking until when."""

    class Endless(Timeline):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options | {"until": FAR})

        def advance(self, moment: int) -> None:
            super().advance(FAR)

    monkeypatch.setattr("predictions.engine.learned_account.Timeline", Endless)


def labels_of_unripe_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training learns from posts whose first day is not over, by what their first counts promise."""

    def leaking(position: int, history: AccountHistory, curve: GrowthCurve, *options: Any) -> Rows:
        target, until = options
        timeline = Timeline(history, curve, target, until=until, reconstruct=True)
        timeline.advance(until)
        found = rows_of_account(position, history, curve, target, until)
        return replace(found, label=timeline.contents().likes[found.post])

    monkeypatch.setattr(engine_training, "rows_of_account", leaking)


def final_effects_looked_back_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each forecast has the account's effects as they stand after the last post."""

    def leaking(prior: EffectsPrior, posts: EffectPosts) -> Floats:
        effects = posts.learn(prior, own_tags=False)
        posterior = effects.posterior(prior)
        rows = effects.columns(posts.posted_at, posts.content, posts.tags)
        return np.array([effect_of(effects, posterior, row) for row in rows]).reshape(-1, 2)

    monkeypatch.setattr(engine_rows, "replay_effects", leaking)


def effects_of_labels_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's effects learn each label when its post is published."""

    def leaking(prior: EffectsPrior, posts: EffectPosts) -> Floats:
        return replay_effects(prior, replace(posts, known_from=posts.posted_at))

    monkeypatch.setattr(engine_rows, "replay_effects", leaking)


def offset_of_all_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local time is inferred from all of the account's posts, past and future."""

    def leaking(prior: EffectsPrior, posts: EffectPosts) -> Floats:
        with pytest.MonkeyPatch.context() as context:
            offset = int(posts.posted_at.sum()) % 24 * 3600
            context.setattr("predictions.engine.effects.account_effects.infer_offset", lambda _posted_at: offset)
            return replay_effects(prior, posts)

    monkeypatch.setattr(engine_rows, "replay_effects", leaking)


def final_noise_looked_back_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each interval has the noise as it stands after the last post."""

    def leaking(posted_at: Any, miss: Floats, known_from: Any) -> tuple[Floats, AccountNoise]:
        factors, noise = replay_noise(posted_at, miss, known_from)
        return np.full_like(factors, noise.factor), noise

    monkeypatch.setattr(engine_account, "replay_noise", leaking)


def followers_of_the_last_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row has the followers that were counted last."""
    monkeypatch.setattr(AccountHistory, "followers_at", lambda self, _moment, _until: self.followers)


def followers_as_of_later(pipeline: Pipeline) -> Pipeline:
    """Followers are counted today, and grow with everything that the account ever got."""

    def leaking(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        today = [
            replace(a, followers=sum(p.observations[-1].views for p in a.posts if p.observations)) for a in accounts
        ]
        return pipeline(today, moment)

    return leaking


PRIOR = GlobalModel.prior()
PLANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Pipeline, set[str]]] = {
    "a mean of the whole history": (whole_mean, rows, {"recounted", "more_posts", "fewer_posts"}),
    "the last post": (only_the_last_post, rows, {"last_recounted"}),
    "labels without the horizon's delay": (labels_without_delay, forecasts_with(PRIOR), {"unripe_recounted"}),
    "a horizon a second too short": (horizon_a_second_short, forecasts_with(PRIOR), {"unripe_recounted"}),
    "counts as of later": (observations_as_of_later, rows, {"recounted", "unobserved"}),
    "hashtags of all posts": (hashtags_of_all_posts, rows, {"rewritten", "more_posts", "fewer_posts"}),
    "an account learned without end": (a_timeline_without_end, states_with(PRIOR), {"recounted", "more_posts"}),
    "labels of unripe posts": (labels_of_unripe_posts, labels, {"unripe_recounted"}),
    "features by final effects": (
        final_effects_looked_back_with, features_with(PRIOR), {"recounted", "more_posts", "fewer_posts"},
    ),
    "effects of labels without delay": (
        effects_of_labels_without_delay, features_with(PRIOR), {"unripe_recounted"},
    ),
    "local time of all posts": (offset_of_all_posts, features_with(PRIOR), {"more_posts", "fewer_posts"}),
    "misses by final noise": (
        final_noise_looked_back_with, misses_with(PRIOR), {"recounted", "more_posts", "fewer_posts"},
    ),
    "followers of the last day": (followers_of_the_last_day, rows, {"followers_grew"}),
    "followers as of later": (
        lambda monkeypatch: None, followers_as_of_later(states_with(PRIOR)), {"recounted", "more_posts"},
    ),
}  # fmt: skip


QUICK = ("the last post", "hashtags of all posts", "labels of unripe posts", "a horizon a second too short")
"""Leaks of each kind of pipeline that are planted in every run of the tests; `make prove` plants all."""


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.prove) for name in PLANTS]
)
def test_the_alarm_rings_for_a_planted_leak(monkeypatch: pytest.MonkeyPatch, name: str):
    plant, pipeline, moved_by = PLANTS[name]
    plant(monkeypatch)
    found = leaks(pipeline, ACCOUNTS[:1], MOMENTS, LIVE)
    assert moved_by <= {leak.change for leak in found}
    if name == "a horizon a second too short":
        assert {leak.moment for leak in found} == {MOMENTS[0]}
        assert {leak.output for leak in found} >= {"forecast 0 of w0"}


@pytest.mark.usefixtures("quick_training")
def test_the_alarm_rings_for_training_that_ignores_its_moment():
    def leaking(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        return {"model": replace(train(accounts, until=FAR), manifest={}).to_bytes()}

    accounts = population(3, 20)
    assert leaks(leaking, accounts, [START + 15 * DAY], {"another_future": another_future})
    assert leaks(training, accounts, [START + 15 * DAY], {"another_future": another_future}) == []


def noise_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's noise learns each miss when its post is published."""
    monkeypatch.setattr(engine_training, "replay_noise", lambda at, miss, _known: replay_noise(at, miss, at))


@pytest.mark.usefixtures("quick_training")
@pytest.mark.parametrize(("plant", "place"), [(effects_of_labels_without_delay, 24), (noise_without_delay, 26)])
def test_the_alarm_rings_for_a_backtest_that_learns_accounts_before_a_day_is_over(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], place: int
):
    """Effects are learned anew for every tenth more posts: with the 24th."""
    accounts = [account(f"h{i}", 30, step=DAY // 3, observed=(60 * DAY,)) for i in range(3)]
    moment = accounts[0].posts[place].posted_at
    # the prior has no use for effects
    many = [account(f"train{i}", 30, step=DAY // 3, observed=(60 * DAY,)) for i in range(14)]
    learned_from = many if plant is effects_of_labels_without_delay else []
    assert leaks(backtest(learned_from), accounts, [moment], UNRIPE) == []
    plant(monkeypatch)
    assert leaks(backtest(learned_from), accounts, [moment], UNRIPE)


@pytest.mark.usefixtures("quick_training")
def test_the_alarm_rings_for_test_rows_that_are_learned_from():
    test = crawled(3, 20, "t")
    moment = START + 22 * DAY

    def leaking(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        twins = [replace(a, account_id=f"train-{a.account_id}") for a in accounts]
        return backtest(twins, horizon=True)(accounts, moment)

    assert leaks(backtest([], horizon=True), test, [moment], UNRIPE) == []
    assert leaks(leaking, test, [moment], UNRIPE)


def compared_on_last_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier posts stand in a history with the counts that they have at the end."""

    def leaking(position: int, history: AccountHistory, *options: Any) -> Rows:
        last = (with_observations(p, p.observations[-1:]) for p in history.posts)
        return rows_of_account(position, replace(history, posts=tuple(last)), *options)

    monkeypatch.setattr(engine_promotion, "rows_of_account", leaking)


@pytest.mark.parametrize("plant", [effects_of_labels_without_delay, compared_on_last_counts])
def test_the_alarm_rings_for_a_comparison_that_knows_later_counts_of_earlier_posts(
    model: GlobalModel, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
):
    plant(monkeypatch)
    found = leaks(errors_on_one_post(model), COMPARED, [JUDGED.posted_at], AROUND)
    assert {leak.change for leak in found} == {"earlier_recounted"}


def topics_in_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topic effects are judged on the accounts that they were learned from."""

    def leaking(judged: Rows, outputs: Floats, _fold: object) -> tuple[TopicEffect, Floats]:
        miss = judged.label - LogForecast.of_outputs(judged.base, outputs).typical
        effect = TopicEffect.fit(judged.topic, miss, np.ones(len(judged)))
        return effect, effect.predict(judged.topic)

    monkeypatch.setattr(engine_training, "_topic_effect", leaking)


def folds_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folds part rows, so that posts of one account are learned from and judged."""
    real = engine_training._out_of_fold

    def leaking(rows: Rows, _fold: object, seed: int) -> Floats:
        return real(rows, np.arange(len(rows)) % engine_training.FOLDS, seed)

    monkeypatch.setattr(engine_training, "_out_of_fold", leaking)


def moved_by_its_own_label(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What an account is judged by in a training, and moves with that account's last label."""
    # little of it is as telling as much, and quicker
    monkeypatch.setattr(engine_trees, "_ROUNDS", 10)
    monkeypatch.setattr(engine_network, "_MIN_STEPS", 10)
    monkeypatch.setattr(engine_network, "_EPOCHS", 1)
    first, *others = population(8, 27)

    def of_the_first(history: AccountHistory, moment: int) -> AccountHistory:
        return last_label_changed(history, moment) if history.account_id == first.account_id else history

    found = leaks(judged, [first, *others], [START + 40 * DAY], {"its own last label": of_the_first})
    return {leak.output for leak in found}


def test_no_account_is_judged_by_what_was_learned_from_it(monkeypatch: pytest.MonkeyPatch):
    assert moved_by_its_own_label(monkeypatch) == set()


@pytest.mark.parametrize(("plant", "output"), [(topics_in_sample, "added by topics"), (folds_by_row, "outputs")])
def test_the_alarm_rings_for_an_account_that_is_judged_by_what_was_learned_from_it(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], output: str
):
    plant(monkeypatch)
    assert moved_by_its_own_label(monkeypatch) == {output}


def test_the_alarm_says_when_it_has_nothing_to_hunt_in():
    with pytest.raises(ValueError, match="no output"):
        leaks(rows, ACCOUNTS, [START - DAY], FUTURE)
    with pytest.raises(ValueError, match="nothing to change"):
        leaks(rows, ACCOUNTS, [FAR], UNRIPE)
