"""The alarm: hunts for a change of the future that moves an earlier output, and says which.

    leaks(pipeline, accounts, moments)

A pipeline is what is to be trusted: from accounts and a moment to named outputs as of that moment. Each change rewrites
only what nobody could know at the moment. An output that differs by a bit was made with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np

from predictions.engine import (
    HORIZON,
    AccountHistory,
    Counts,
    Forecast,
    GlobalModel,
    PublishedPost,
    learn_account,
    learn_and_replay,
    train,
)
from predictions.engine import forecast as forecast_draft
from predictions.engine import training as engine_training
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.labels import MEASURED
from predictions.engine.estimators.topic_effect import TopicEffect
from predictions.engine.evaluation.backtest import run_backtest
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.features.tabular import EFFECTS, TABULAR
from predictions.engine.types import Floats
from tests.engine.synthetic import CAPTIONS, DAY, draft, post

Outputs = dict[str, bytes]
"""By name, as bytes: compared bit for bit."""

Pipeline = Callable[[Sequence[AccountHistory], int], Outputs]
Change = Callable[[AccountHistory, int], AccountHistory]

_EFFECTS = [TABULAR.index(name) for name in EFFECTS]

FAR = 2**40
"""Later than everything (epoch seconds)."""


@dataclass(frozen=True, slots=True)
class Leak:
    """As of `moment`, `change` (which comes later) moved `output`."""

    moment: int
    change: str
    output: str


def leaks(
    pipeline: Pipeline, accounts: Sequence[AccountHistory], moments: Iterable[int], changes: Mapping[str, Change]
) -> list[Leak]:
    """Every output that a change of the future moves.

    Raises ValueError where there is nothing to hunt in: no output as of a moment, or a change that changes nothing.
    """
    found = []
    for moment in moments:
        before = pipeline(accounts, moment)
        if not before:
            raise ValueError(f"there is no output as of {moment}")
        for name, change in changes.items():
            changed = [change(account, moment) for account in accounts]
            if all(_same(*pair) for pair in zip(accounts, changed, strict=True)):
                raise ValueError(f"nothing to change after {moment}: {name}")
            after = pipeline(changed, moment)
            moved = sorted(output for output in before | after if before.get(output) != after.get(output))
            found += [Leak(moment, name, output) for output in moved]
    return found


def _same(account: AccountHistory, other: AccountHistory) -> bool:
    followers = (account.followers, account.follower_counts) == (other.followers, other.follower_counts)
    return followers and [(p.post_id, p.sound, p.observations) for p in account.posts] == [
        (p.post_id, p.sound, p.observations) for p in other.posts
    ]


# What may change after a moment.


def other_counts(counts: Counts) -> Counts:
    return replace(counts, likes=counts.comments, comments=9e8, shares=0.0, views=counts.likes)


def with_observations(post: PublishedPost, observations: Iterable[Counts]) -> PublishedPost:
    return replace(post, observations=tuple(observations))


def recounted(account: AccountHistory, moment: int) -> AccountHistory:
    """Observations made later show other counts."""
    return replace(
        account,
        posts=tuple(
            with_observations(p, (other_counts(c) if c.observed_at > moment else c for c in p.observations))
            for p in account.posts
        ),
    )


def unobserved(account: AccountHistory, moment: int) -> AccountHistory:
    """Nothing is observed later."""
    return replace(
        account,
        posts=tuple(
            with_observations(p, (c for c in p.observations if c.observed_at <= moment)) for p in account.posts
        ),
    )


def observed_again(account: AccountHistory, moment: int) -> AccountHistory:
    """Every post is observed once more, a second later: and stands in front of what was known."""
    seen = Counts(moment + 1, 7e7, 1.0, 2.0, 3.0)
    return replace(account, posts=tuple(with_observations(p, (seen, *p.observations)) for p in account.posts))


def fewer_posts(account: AccountHistory, moment: int) -> AccountHistory:
    """No posts are published later."""
    return replace(account, posts=tuple(p for p in account.posts if p.posted_at <= moment))


def more_posts(account: AccountHistory, moment: int) -> AccountHistory:
    """Viral posts are published later, the first of them a second later."""
    viral = (post(f"viral{i}", moment + 1 + i * DAY, 1e8, i % len(CAPTIONS), (60, DAY)) for i in range(3))
    return replace(account, posts=(*viral, *account.posts))


def rewritten(account: AccountHistory, moment: int) -> AccountHistory:
    """Posts published later have other captions, hashtags, sounds and durations."""
    return replace(
        account,
        posts=tuple(
            replace(p, caption=CAPTIONS[0 if p.caption is not CAPTIONS[0] else 2], sound="rewritten", duration_s=3.0)
            if p.posted_at > moment
            else p
            for p in account.posts
        ),
    )


def followers_grew(account: AccountHistory, moment: int) -> AccountHistory:
    """A second later the account has a hundred times as many followers."""
    known = account.follower_counts or ((0, account.followers),)
    so_far = [count for count in known if count[0] <= moment]
    grown = 100 * account.followers
    return replace(account, followers=grown, follower_counts=(*so_far, (moment + 1, grown)))


def last_recounted(account: AccountHistory, moment: int) -> AccountHistory:
    """Of the last post alone, observations made later show other counts."""
    last = max(account.posts, key=lambda p: p.posted_at)
    changed = recounted(replace(account, posts=(last,)), moment).posts[0]
    return replace(account, posts=tuple(changed if p is last else p for p in account.posts))


def earlier_recounted(account: AccountHistory, moment: int) -> AccountHistory:
    """Of posts published earlier, observations made later show other counts."""
    known = recounted(account, moment).posts
    return replace(
        account,
        posts=tuple(c if p.posted_at < moment else p for p, c in zip(account.posts, known, strict=True)),
    )


def last_label_changed(account: AccountHistory, _moment: int) -> AccountHistory:
    """The last post shows other counts: they are its own label, and part of no history."""
    last = max(account.posts, key=lambda p: p.posted_at)
    changed = with_observations(last, map(other_counts, last.observations))
    return replace(account, posts=tuple(changed if p is last else p for p in account.posts))


def unripe_recounted(account: AccountHistory, moment: int) -> AccountHistory:
    """Posts whose first day is not over show other counts, even those that were seen already."""
    return replace(
        account,
        posts=tuple(
            with_observations(p, map(other_counts, p.observations)) if p.posted_at + HORIZON > moment else p
            for p in account.posts
        ),
    )


FUTURE: dict[str, Change] = {
    change.__name__: change
    for change in (
        *(recounted, unobserved, observed_again, fewer_posts, more_posts, rewritten, last_recounted),
        followers_grew,
    )
}
"""What nobody could know."""

UNRIPE: dict[str, Change] = {"unripe_recounted": unripe_recounted}
"""What is known and not a label yet: it may be part of a state, for later, and of no feature and no forecast."""


def another_future(account: AccountHistory, moment: int) -> AccountHistory:
    """All of it at once, for pipelines that take long."""
    changed = more_posts(observed_again(unobserved(fewer_posts(account, moment), moment), moment), moment)
    return followers_grew(changed, moment)


# The real pipelines.


def told(value: Forecast) -> bytes:
    """All of a forecast but how many posts of the future it left out."""
    warnings = tuple(w for w in value.warnings if "dated in the future" not in w)
    return repr(replace(value, warnings=warnings)).encode()


def forecasts_with(model: GlobalModel) -> Pipeline:
    """Forecasts made at the moment, of drafts for then and for later."""

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        made = {}
        for account in accounts:
            state = learn_account(model, account, as_of=moment)
            for kind in range(2):
                planned = draft(moment + kind * 5 * 3600, kind)
                given = forecast_draft(model, state, planned, as_of=moment, explain=True)
                made[f"forecast {kind} of {account.account_id}"] = told(given)
        return made

    return pipeline


def states_with(model: GlobalModel) -> Pipeline:
    """What is stored of each account at the moment, with its effects; and what it gives when asked a day later."""

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        made = {}
        for account in accounts:
            state = replace(learn_account(model, account, as_of=moment), ignored=0)
            made[f"state of {account.account_id}"] = state.to_bytes()
            next_day = forecast_draft(model, state, draft(moment + 2 * DAY), as_of=moment + DAY)
            made[f"next day's forecast of {account.account_id}"] = told(next_day)
        return made

    return pipeline


def rows(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
    """Features of the training rows published by the moment, as a training made much later sees them."""
    made = {}
    for account in accounts:
        found = rows_of_account(0, account, GrowthCurve(), "horizon", FAR)
        for i in np.flatnonzero(found.posted_at <= moment):
            inputs = (found.tabular, found.topic)
            parts: tuple[Any, ...] = (found.base, found.baseline, found.known, *inputs)
            made[f"row {found.posted_at[i]} of {account.account_id}"] = b"".join(part[i].tobytes() for part in parts)
    return made


def features_with(model: GlobalModel) -> Pipeline:
    """Effects among the features of rows published by the moment, as a training made much later sees them.

    To nine decimals: the last bits of a matrix product depend on how many rows it has.
    """

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        made = {}
        for account in accounts:
            found = rows_of_account(0, account, GrowthCurve(), "horizon", FAR)
            told = found.with_effects(model.effects, [account.zone]).tabular[:, _EFFECTS]
            for i in np.flatnonzero(found.posted_at <= moment):
                made[f"effects {found.posted_at[i]} of {account.account_id}"] = told[i].round(9).tobytes()
        return made

    return pipeline


def misses_with(model: GlobalModel) -> Pipeline:
    """How far off the forecasts were, at an hour and a day, of posts whose first day was measured by the moment.

    They are looked back at much later.

    Of a model without networks, whose last bits depend on how many posts they are asked for at once.
    """

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        made = {}
        for account in accounts:
            _, found = learn_and_replay(model, account, as_of=FAR)
            columns = (found.miss, found.covered, found.features)
            for i in np.flatnonzero(found.posted_at + MEASURED[1] <= moment):
                made[f"miss of {found.post_id[i]} at {found.age[i]} s"] = b"".join(c[i].tobytes() for c in columns)
        return made

    return pipeline


def labels(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
    """The labels that training learns, on the prior's curve: the learned one may follow posts of the last day."""
    with (
        patch.object(engine_training, "fit_growth", return_value=GrowthCurve()),
        patch.object(engine_training, "train_on_rows") as learn,
    ):
        train(accounts, until=moment)
    found, of_accounts = learn.call_args.args[:2]
    return {
        f"label {posted_at} of {of_accounts[position].account_id}": label.tobytes()
        for position, posted_at, label in zip(found.account, found.posted_at, found.label, strict=True)
    }


def judged(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
    """What training judges the first account's posts by: outputs of ensembles, and what topics add where those say 0.

    Ensembles that judge other accounts may know the first one, and topics are learned from what they say.
    """
    made: Outputs = {}
    first = sorted(a.account_id for a in accounts).index(accounts[0].account_id)
    out_of_fold, topic_effect = engine_training._out_of_fold, engine_training._topic_effect

    def spied_outputs(found: Rows, *options: Any) -> Floats:
        outputs = out_of_fold(found, *options)
        made["outputs"] = outputs[found.account == first].tobytes()
        return np.zeros_like(outputs)

    def spied_topics(found: Rows, *options: Any) -> tuple[TopicEffect, Floats]:
        effects, added = topic_effect(found, *options)
        made["added by topics"] = added[found.account == first].tobytes()
        return effects, added

    with (
        patch.object(engine_training, "_out_of_fold", spied_outputs),
        patch.object(engine_training, "_topic_effect", spied_topics),
    ):
        train(accounts, until=moment)
    return made


def training(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
    """The artefact: growth curve, population, measures, models, effects across accounts, calibration, manifest."""
    return {"model": train(accounts, until=moment).to_bytes()}


def backtest(train_on: Sequence[AccountHistory], *, horizon: bool = False) -> Pipeline:
    """Forecasts of test posts published by the moment: labels of posts count as known a day after publishing."""

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        result = run_backtest(accounts, train_on, horizon=horizon)
        served, made = result.served, {}
        for i, name in enumerate(result.post_id):
            if result.posted_at[i] <= moment:
                columns = (served.point, served.typical, served.low, served.high, result.baseline)
                made[f"test post {name}"] = b"".join(column[i].tobytes() for column in columns)
        return made

    return pipeline
