"""Experiment: likes by a forecast, by an early count, and by both together.

    python -m tests.engine.evaluation.nowcasts [HISTORY.csv.gz ...]

Without a file, creators of the sandbox are simulated, counted at 1, 6 and 24 h, and scored at 24 h. A file's posts that
were counted within their first 20 hours and again later are scored by the last count. A model and a growth curve learn
from one half of the accounts and serve the other half, then the other way round. Nothing is kept.
"""

import math
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from predictions.engine import AccountHistory, Counts, GlobalModel, PublishedPost, train
from predictions.engine.data.growth import MATURE_AGE, GrowthCurve, fit_growth, is_usable
from predictions.engine.data.history_file import read_history_file
from predictions.engine.data.labels import MEASURED, Target, label_of
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import rows_of_account
from predictions.engine.nowcast import LogLikes, combine_count, from_count, growth_scale
from predictions.engine.types import HORIZON, HOUR, MIN_HISTORY, Z80, Floats
from tests.sandbox.simulation.population import write

FAR = 2**40
ACCOUNTS, POSTS_MAX, SEED = 160, 120, 78
GROUPS = {
    "10 min to 3 h": (600, 3 * HOUR),
    "3 to 12 h": (3 * HOUR, 12 * HOUR),
    "12 to 20 h": (12 * HOUR, 20 * HOUR),
    "all": (600, 20 * HOUR),
}


@dataclass(frozen=True)
class Case:
    """An early count of a post that was forecast, and the log of the likes that it came to."""

    account: str
    post: str
    age: int
    count: float
    forecast: LogLikes
    early: LogLikes
    both: LogLikes
    first: LogLikes
    """Both, as if none of the account's posts had been counted twice."""
    truth: float


def cases(accounts: list[AccountHistory], target: Target) -> Iterator[Case]:
    """Yield the cases of all accounts, each half served by what the other half taught."""
    halves = [[a for a in accounts if zlib.crc32(a.account_id.encode()) % 2 == side] for side in (0, 1)]
    for learned, served in (halves, halves[::-1]):
        model = train(learned, until=FAR, target=target)
        curve = fit_growth(learned, FAR)
        for account in served:
            yield from _of_account(model, curve, account, target)


def _of_account(model: GlobalModel, curve: GrowthCurve, account: AccountHistory, target: Target) -> Iterator[Case]:
    rows = rows_of_account(0, account, curve, target, FAR)
    chosen = rows.known >= MIN_HISTORY
    if not chosen.any():
        return
    served = replay(model, rows, chosen, [account.zone])
    courses = [(p.posted_at, p.observations) for p in account.posts]
    posts = sorted(account.posts, key=lambda p: (p.posted_at, p.post_id))
    for row, position in enumerate(rows.post[chosen].tolist()):
        post = posts[position]
        last = _truth(post, target)
        if last is None:
            continue
        low, typical, high = (float(np.log1p(x[row])) for x in (served.low, served.typical, served.high))
        forecast = LogLikes(typical, (typical - low) / Z80, (high - typical) / Z80)
        to_age = HORIZON if target == "horizon" else last.observed_at - post.posted_at
        truth = label_of(post.posted_at, last, curve, target).logs[0]
        for counts in post.observations:
            age = counts.observed_at - post.posted_at
            if age < 20 * HOUR and counts is not last and is_usable(post.posted_at, counts):
                earlier = [course for course in courses if course[0] < post.posted_at]
                scale = growth_scale(curve, earlier, age, counts.observed_at)
                early = from_count(curve, age, counts, to_age, scale)
                both, first = (
                    combine_count(curve, forecast, age, counts, to_age, each) for each in (scale, curve.first_day_scale)
                )
                yield Case(account.account_id, post.post_id, age, counts.likes, forecast, early, both, first, truth)


def _truth(post: PublishedPost, target: Target) -> Counts | None:
    ages = MEASURED if target == "horizon" else (MATURE_AGE, FAR)
    late = [c for c in post.observations if ages[0] <= c.observed_at - post.posted_at <= ages[1]]
    return min(late, key=lambda c: abs(c.observed_at - post.posted_at - HORIZON), default=None)


def report(name: str, found: list[Case]) -> None:
    """Print errors and coverage of each way, by age."""
    print(f"\n{name}: {len(found)} early counts of posts with {MIN_HISTORY} posts before them")
    for title, (start, end) in GROUPS.items():
        group = [case for case in found if start <= case.age < end]
        if not group:
            continue
        truth = np.array([case.truth for case in group])
        accounts = np.unique([case.account for case in group], return_inverse=True)[1]
        for way in ("forecast", "early", "both", "first"):
            told = [getattr(case, way) for case in group]
            typical, down, up = np.array([(x.typical, x.down, x.up) for x in told]).T
            miss = np.abs(typical - truth)
            inside = (truth >= typical - Z80 * down) & (truth <= typical + Z80 * up)
            print(
                f"  {title:14} {way:9} {len(group):5} counts"
                f"  log-MAE {miss.mean():.3f} (se {_error(miss, accounts):.3f})"
                f"  80 % holds {inside.mean():.1%} (se {_error(inside.astype(float), accounts):.1%})"
                f"  width {(Z80 * (down + up)).mean():.2f}  bias {(truth - typical).mean():+.3f}"
            )
        errors = np.array([(c.truth - c.forecast.typical, c.truth - c.early.typical) for c in group])
        print(f"  {title:14} correlation of the two sources' errors {np.corrcoef(errors.T)[0, 1]:+.2f}")
    by_post: dict[str, list[Case]] = {}
    for case in sorted(found, key=lambda case: case.age):
        by_post.setdefault(case.post, []).append(case)
    twice = [(a, b) for a, b in (of_post[:2] for of_post in by_post.values() if len(of_post) > 1)]
    if twice:
        # what an earlier count still says once the later one is known
        moved = [(b.early.typical - a.early.typical, b.truth - b.early.typical) for a, b in twice]
        print(
            f"  correlation of the first count's error with the second's: {np.corrcoef(np.array(moved).T)[0, 1]:+.2f}"
        )


def _error(values: Floats, accounts: np.ndarray) -> float:
    """Return the standard error of the mean, by accounts."""
    return math.sqrt(float((np.bincount(accounts, values - values.mean()) ** 2).sum())) / len(values)


def simulated() -> list[AccountHistory]:
    """Return the sandbox's creators, a share of whose posts is counted at 1, 6 and 24 h."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "creators.csv.gz"
        until = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
        write(path, seed=SEED, accounts=ACCOUNTS, posts_max=POSTS_MAX, until=until)
        return read_history_file(path)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        report("creators of the sandbox", list(cases(simulated(), "horizon")))
    for file in map(Path, sys.argv[1:]):
        report(file.name, list(cases(read_history_file(file), "mature")))
