"""Experiment: forecasts from histories with rounded or withheld likes, by three ways of learning from them.

    python -m tests.engine.evaluation.uncertain_counts [HISTORY.csv.gz ...]

Without a file, accounts are simulated. A model learns from one half of each file's accounts, untouched. Of the other
half, mature posts of the last fifth of the time are forecast from histories that were rounded or withheld, and scored
by their true likes. Figures are printed, nothing is kept.
"""

import math
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from predictions.engine import AccountHistory, Counts, GlobalModel, train
from predictions.engine.data.growth import MATURE_AGE, is_count
from predictions.engine.data.history_file import read_history_file
from predictions.engine.data.labels import FillIn
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.types import COUNTS, MIN_HISTORY, Floats
from tests.engine.synthetic import DAY, START, post

FAR = 2**40
Change = Callable[[str, int, Counts], Counts]
"""Takes a post's id, its moment of publishing and its counts, and returns the counts as they are told."""


def rounded(digits: int, *, told: bool) -> Change:
    """Round counts from 1,000 on to so many digits, and say so or not."""

    def change(_: str, __: int, counts: Counts) -> Counts:
        values, widths = {}, [0.0]
        for name in COUNTS:
            count = getattr(counts, name)
            if is_count(count) and count >= 1000:
                step = 10.0 ** (math.floor(math.log10(count)) - digits + 1)
                values[name] = step * max(round(count / step), 1)
                widths.append(step / 2 / values[name])
        return replace(counts, **values, coarseness=max(widths) if told else 0.0)

    return change


def unknown_if_rounded(_: str, __: int, counts: Counts) -> Counts:
    return replace(counts, likes=math.nan) if counts.likes >= 1000 else counts


def hidden(share: float, since: float = math.inf) -> Change:
    """Withhold the likes of so large a share of the posts, and of all from a moment on."""

    def change(post_id: str, posted_at: int, counts: Counts) -> Counts:
        drawn = zlib.crc32(f"hidden {post_id}".encode()) < share * 2**32
        return replace(counts, likes=math.nan) if drawn or posted_at >= since else counts

    return change


def without_views(_: str, __: int, counts: Counts) -> Counts:
    return replace(counts, likes=math.nan, views=math.nan)


def mature(account: AccountHistory) -> AccountHistory:
    """Return the account with the latest observation of each post, without posts where it is young or lacks likes."""
    posts = sorted((p for p in account.posts if p.observations), key=lambda p: (p.posted_at, p.post_id))
    latest = [(p, max(p.observations, key=lambda c: c.observed_at)) for p in posts]
    kept = [(p, c) for p, c in latest if is_count(c.likes) and c.observed_at - p.posted_at >= MATURE_AGE]
    return replace(account, posts=tuple(replace(p, observations=(c,)) for p, c in kept))


def told(account: AccountHistory, change: Change) -> AccountHistory:
    posts = (
        replace(p, observations=tuple(change(p.post_id, p.posted_at, c) for c in p.observations)) for p in account.posts
    )
    return replace(account, posts=tuple(posts))


def simulated() -> list[AccountHistory]:
    """Sixty accounts of forty posts; levels drift, ratios to the likes differ by account and post."""
    random = np.random.default_rng(7)
    accounts = []
    for i in range(60):
        level = random.normal(7, 1.5) + np.cumsum(random.normal(0, 0.15, 40))
        ratios = random.normal([-3.5, -4.5, 2.3], [0.8, 0.8, 0.4])
        posts = []
        for k in range(40):
            log = level[k] + random.normal(0, 0.7)
            others = log + ratios + random.normal(0, [0.5, 0.6, 0.25])
            counts = [float(round(math.exp(x))) for x in (log, *others)]
            made = post(f"s{i}-{k}", START + k * DAY, 1.0, int(random.integers(5)))
            posts.append(replace(made, observations=(Counts(made.posted_at + 30 * DAY, *counts),)))
        accounts.append(AccountHistory(f"s{i}", math.nan, tuple(posts)))
    return accounts


def compare(name: str, accounts: list[AccountHistory]) -> None:
    """Print the errors of each way, and its difference from the first way of its group."""
    accounts = [account for account in map(mature, accounts) if len(account.posts) > MIN_HISTORY]
    first = [account for account in accounts if zlib.crc32(account.account_id.encode()) % 2]
    others = [account for account in accounts if not zlib.crc32(account.account_id.encode()) % 2]
    model = train(first, until=FAR, target="mature")
    fill = model.counts.likes_of
    since = float(np.quantile([p.posted_at for account in others for p in account.posts], 0.8))

    def as_exact(posted_at: np.ndarray, logs: Floats, own: Floats) -> tuple[float, float, float]:
        return fill(posted_at, logs, own)[0], 0.0, 0.0

    groups: dict[str, dict[str, tuple[Change, FillIn | None]]] = {
        "nothing changed": {"exact": (lambda _, __, counts: counts, None)},
        "rounded from 1,000 on to two digits": {
            "drop": (unknown_if_rounded, None),
            "as exact": (rounded(2, told=False), None),
            "with variance": (rounded(2, told=True), None),
        },
        "rounded from 1,000 on to one digit": {
            "drop": (unknown_if_rounded, None),
            "as exact": (rounded(1, told=False), None),
            "with variance": (rounded(1, told=True), None),
        },
        "likes of 30 % withheld": {
            "drop": (hidden(0.3), None),
            "filled in as exact": (hidden(0.3), as_exact),
            "filled in with variance": (hidden(0.3), fill),
        },
        "likes of 70 % withheld": {
            "drop": (hidden(0.7), None),
            "filled in as exact": (hidden(0.7), as_exact),
            "filled in with variance": (hidden(0.7), fill),
        },
        "all likes withheld from the test on": {
            "drop": (hidden(0.0, since), None),
            "filled in as exact": (hidden(0.0, since), as_exact),
            "filled in with variance": (hidden(0.0, since), fill),
        },
        "likes of all posts withheld": {
            "filled in as exact": (hidden(1.0), as_exact),
            "filled in with variance": (hidden(1.0), fill),
        },
        "likes and views of all posts withheld": {
            "filled in as exact": (without_views, as_exact),
            "filled in with variance": (without_views, fill),
        },
    }
    truth = {
        (i, k): math.log1p(p.observations[0].likes)
        for i, account in enumerate(others)
        for k, p in enumerate(account.posts)
    }
    print(f"\n{name}: {len(first)} accounts learned from, {len(others)} forecast", flush=True)
    for title, ways in groups.items():
        forecasts = {way: _forecasts(model, others, since, *how) for way, how in ways.items()}
        common = sorted(set.intersection(*(set(made) for made in forecasts.values())))
        misses = {
            way: np.array([abs(made[post][1] - truth[post]) for post in common]) for way, made in forecasts.items()
        }
        base = next(iter(misses.values()))
        for way, made in forecasts.items():
            inside = np.mean([made[p][0] <= truth[p] <= made[p][2] for p in common])
            width = np.mean([made[p][2] - made[p][0] for p in common])
            difference = _difference(misses[way] - base, [i for i, _ in common])
            print(
                f"  {title:36} {way:24} {len(common):5} posts  log-MAE {misses[way].mean():.4f}  against the first "
                f"{difference}  80 % holds {inside:.1%}  width {width:.2f}",
                flush=True,
            )
    withheld = [
        (model.counts.likes_of(*_before(account, k)), truth[i, k])
        for i, account in enumerate(others)
        for k in range(MIN_HISTORY, len(account.posts))
        if not np.isnan(_before(account, k)[2][1:]).all()
    ]
    if withheld:
        scores = np.array([[abs(likes - true), abs(likes - true) / sd] for (likes, sd, _), true in withheld])
        print(
            f"  likes worked out from other counts: off by {scores[:, 0].mean():.3f} on average, "
            f"{np.mean(scores[:, 1] < 1.2816):.1%} in their 80 % range ({len(scores)} posts)",
            flush=True,
        )


def _before(account: AccountHistory, k: int) -> tuple[np.ndarray, Floats, Floats]:
    logs = np.log1p([[getattr(p.observations[0], name) for name in COUNTS] for p in account.posts[: k + 1]])
    return np.array([p.posted_at for p in account.posts[:k]]), logs[:k], np.where(np.arange(4) == 0, np.nan, logs[k])


def _forecasts(
    model: GlobalModel, accounts: list[AccountHistory], since: float, change: Change, fill: FillIn | None
) -> dict[tuple[int, int], Floats]:
    """Return log1p of low, typical and high of the posts from `since` on, by positions of account and post."""
    rows = Rows.concatenate(
        [
            rows_of_account(i, told(account, change), model.curve, "mature", FAR, fill=fill)
            for i, account in enumerate(accounts)
        ]
    )
    chosen = (rows.posted_at >= since) & (rows.post >= MIN_HISTORY)
    served = replay(model, rows, chosen, [account.zone for account in accounts])
    keys = zip(rows.account[chosen].tolist(), rows.post[chosen].tolist(), strict=True)
    return dict(zip(keys, np.log1p(np.stack([served.low, served.typical, served.high], axis=1)), strict=True))


def _difference(values: Floats, accounts: list[int]) -> str:
    """Return the mean with its standard error, by accounts."""
    sums = np.bincount(accounts, values - values.mean())
    error = math.sqrt(float((sums**2).sum())) / len(values)
    return f"{values.mean():+.4f} (se {error:.4f})"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        compare("simulated", simulated())
    for path in map(Path, sys.argv[1:]):
        compare(path.name, read_history_file(path))
