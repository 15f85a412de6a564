"""One account's latest posts forecast as they would have been before publishing, beside what they became.

Each post is forecast by `replay`, as in the backtest: from posts, labels, effects and noise as of its publishing. Three
things are not as of then, and a caller that shows the figures says so:

- *The model* is the one given. Where it learned from this account, posts whose first day was over at its `until` are
  not out of sample: their labels, among those of all accounts, moved its trees, effects' prior and calibration.
- *Histories that were fetched at once.* An earlier post that nobody had counted by then stands with its first later
  count, moved back to 24 h along the growth curve: otherwise there were nothing to replay on the first day. The same
  holds for followers. A post's own counts, and those of later posts, never reach its forecast.
- *Likes after 24 h* are mostly such estimates for these posts, and are marked as such.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.history import WINDOW, History, Timeline
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import rows_of_account
from predictions.engine.global_model import GlobalModel
from predictions.engine.learned_account import without_old_posts
from predictions.engine.statistics import quantiles
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, MIN_HISTORY, AccountHistory, Columns, Floats

REPLAYED_POSTS = 50
"""Latest posts that are replayed, and that the usual level is of."""


@dataclass(frozen=True, slots=True)
class ReplayedPosts(Columns):
    """n posts in order of publishing; counts are likes at the horizon."""

    post_id: NDArray[np.object_]  # (n,)
    posted_at: NDArray[np.int64]
    low: Floats  # (n,) of the 80 % range
    typical: Floats
    high: Floats
    average: Floats  # (n,) mean of the five posts before
    likes: Floats
    measured: NDArray[np.bool_]  # (n,) False: estimated from a count at another age


@dataclass(frozen=True, slots=True)
class AccountReplay:
    """The replayed posts, and the account's usual counts at the horizon."""

    posts: ReplayedPosts
    history: NDArray[np.int64]
    """(m,) when the posts with a known first day were published, oldest first."""
    usual: dict[str, tuple[float, float, float]]
    """Lower quartile, median and upper quartile of likes and views over the latest posts; only what is known."""


@one_blas_thread()
def replay_account(model: GlobalModel, account: AccountHistory, *, as_of: int) -> AccountReplay:
    """Forecast the account's last `REPLAYED_POSTS` posts, each as of its publishing; nothing after `as_of` is used.

    Posts with fewer than `MIN_HISTORY` posts before them, without a known first day, or whose likes were withheld are
    left out.

    >>> new = AccountHistory("new", followers=1_000.0, posts=())
    >>> len(replay_account(GlobalModel.prior(), new, as_of=0).posts)
    0
    """
    account = without_old_posts(account, as_of)
    fill = model.counts.likes_of
    timeline = Timeline(account, model.curve, "horizon", until=as_of, fill=fill)
    timeline.advance(as_of)
    contents = timeline.contents()
    rows = rows_of_account(0, account, model.curve, "horizon", as_of, WINDOW, fill)
    counted = ~contents.filled[rows.post] & ~np.isnan(rows.label)
    eligible = np.flatnonzero(counted & (rows.known >= MIN_HISTORY))[-REPLAYED_POSTS:]
    chosen = np.isin(np.arange(len(rows)), eligible)
    shown = rows[chosen]
    served = replay(model, rows, chosen, [account.zone])
    posts = ReplayedPosts(
        post_id=np.array([timeline.posts[i].post_id for i in shown.post], dtype=np.object_),
        posted_at=shown.posted_at,
        low=served.low,
        typical=served.typical,
        high=served.high,
        average=shown.baseline,
        likes=np.expm1(shown.label),
        measured=contents.measured[shown.post],
    )
    known = contents[(contents.posted_at + HORIZON <= as_of) & ~contents.filled & ~np.isnan(contents.likes)]
    return AccountReplay(posts, known.posted_at, _usual(known))


def _usual(known: History) -> dict[str, tuple[float, float, float]]:
    columns = {"likes": known.logs[-REPLAYED_POSTS:, 0], "views": known.logs[-REPLAYED_POSTS:, 3]}
    usual = {}
    for name, logs in columns.items():
        counts = np.expm1(logs[~np.isnan(logs)])
        if len(counts):
            lower, middle, upper = quantiles(counts, (0.25, 0.5, 0.75))
            usual[name] = (lower, middle, upper)
    return usual
