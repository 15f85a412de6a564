"""Posts as rows: what was known before each was published, and what became of it beside its account's own level."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import Timeline
from predictions.engine.data.labels import Target
from predictions.engine.types import COUNTS, MIN_HISTORY, AccountHistory, Columns, Floats, PublishedPost
from predictions.viralscore.subscores.columns import COLUMNS, Circumstances, columns_of, is_outrage, usual_columns

LEVEL_POSTS = 10
"""Latest known posts that an account's level is the mean of."""

_LIKES, _SHARES, _VIEWS = (COUNTS.index(name) for name in ("likes", "shares", "views"))
# comments are left out: a quarrel has many
_SPREAD = [_LIKES, _SHARES, _VIEWS]

Look = Callable[[str, PublishedPost], Circumstances]
"""Returns the circumstances of an account's post as of its publishing."""


@dataclass(frozen=True, slots=True)
class PostTable(Columns):
    """n posts, those of an account together and in order of publishing."""

    account: NDArray[np.int64]  # (n,)
    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    known_from: NDArray[np.int64]  # (n,) when its label became known
    columns: Floats  # (n, len(COLUMNS))
    usual: Floats  # (n, len(COLUMNS)) of the account's earlier posts
    is_outrage: NDArray[np.bool_]  # (n,)
    propagation: Floats
    """(n,) mean log ratio of likes, shares and views to the own level before; NaN without a label or a level."""
    sharing: Floats
    """(n,) log ratio of shares per view to the own one before; NaN where either is unknown."""


def post_table(
    histories: Iterable[AccountHistory],
    curve: GrowthCurve,
    look: Look,
    *,
    until: int,
    target: Target = "horizon",
) -> PostTable:
    """Return the posts of accounts from what was known at `until` (epoch seconds).

    A post's columns, usual columns and level use nothing published or counted after its own publishing, except that an
    earlier post which nobody had counted by then stands with its first later count, as in training: histories that are
    fetched at once would teach nothing otherwise.
    """
    nothing = AccountHistory("", np.nan, ())
    empty = _of_account(0, nothing, curve, look, until, target)
    tables = (_of_account(number, history, curve, look, until, target) for number, history in enumerate(histories))
    return PostTable.concatenate([empty, *tables])


def _of_account(
    number: int, history: AccountHistory, curve: GrowthCurve, look: Look, until: int, target: Target
) -> PostTable:
    timeline = Timeline(history, curve, target, until=until, reconstruct=True)
    posts, contents = timeline.posts, timeline.contents()
    n = len(posts)
    levels, usual = np.full((n, len(COUNTS)), np.nan), np.full((n, len(COLUMNS)), np.nan)
    share_levels = np.full(n, np.nan)
    for i, post in enumerate(posts):
        earlier = timeline.known_at(post.posted_at)
        if len(earlier) >= MIN_HISTORY:
            logs = earlier.logs[-LEVEL_POSTS:]
            levels[i] = _mean(logs)
            share_levels[i] = _mean((logs[:, _SHARES] - logs[:, _VIEWS])[:, None])[0]
            # captions are known at once, counts are not
            usual[i] = usual_columns(contents[: int(np.searchsorted(contents.posted_at, post.posted_at))])
    timeline.advance(until)
    logs = contents.logs
    return PostTable(
        account=np.full(n, number, dtype=np.int64),
        posted_at=contents.posted_at,
        known_from=timeline.known_from,
        columns=np.array([columns_of(p.caption, look(history.account_id, p)) for p in posts]).reshape(n, len(COLUMNS)),
        usual=usual,
        is_outrage=np.array([is_outrage(p.caption) for p in posts], dtype=np.bool_),
        propagation=_mean((logs - levels)[:, _SPREAD].T),
        sharing=logs[:, _SHARES] - logs[:, _VIEWS] - share_levels,
    )


def _mean(rows: Floats) -> Floats:
    """Return the mean of each column over its known rows, NaN where there is none."""
    is_known = ~np.isnan(rows)
    known = is_known.sum(axis=0)
    means: Floats = np.where(known > 0, np.where(is_known, rows, 0.0).sum(axis=0) / np.maximum(known, 1), np.nan)
    return means
