"""Own pairs: of two later posts of an account that differ in a lever, how often the predicted better one won.

Real histories have no drafts without their suggestion beside them; pairs of an account's own posts come nearest.
Everything is learned from posts whose first day had passed by T, the 80 % quantile of publishing over the mature posts;
pairs are of mature posts from T on. Two posts differ in more than one lever, so a win rate says less about a lever than
a trial would: it shows a direction that holds, not the size of an effect.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.advice.suggestions import HELPS, MIN_CHANCE, MIN_WORTH
from predictions.engine.data.growth import MATURE_AGE
from predictions.engine.data.history import WINDOW, content_of
from predictions.engine.data.labels import best_observation
from predictions.engine.effects.account_effects import EffectPosts
from predictions.engine.effects.design import body_length, content_design
from predictions.engine.effects.fitting import fit_effects
from predictions.engine.effects.local_time import hours_of, local_seconds, weekdays_of
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.explanation import LEVERS, lever_columns
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import DAY, HORIZON, AccountHistory, Floats, PublishedPost

MIN_LEARNED = 20
"""Learned posts of an account whose pairs are tested."""
MAX_GAP = 30 * DAY
"""Seconds between the two posts of a pair: over longer times the account's level moves."""
MAX_PAIRS = 2000
"""Pairs of an account, drawn at random from all."""

ALL_LEVERS = "all"
TESTED = (*(lever for lever in LEVERS if lever != "cover"), ALL_LEVERS)
"""Levers that are tested; files of histories rarely have covers."""

MIN_ACCOUNTS = 5
"""A bootstrap over fewer accounts gives no interval."""

_FAR = 2**53
_DRAWS = 2000
"""Resamples of the accounts for an interval."""


class NoPairs(ValueError):
    """The histories have no pair to test; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """Share of pairs that the predicted better post won, a tie counting a half: the mean of the accounts' shares."""

    pairs: int
    accounts: int
    rate: float
    """NaN without pairs."""
    low: float
    high: float
    """95 % interval, a bootstrap over accounts; NaN for fewer than `MIN_ACCOUNTS`."""


@dataclass(frozen=True, slots=True)
class LeverWins:
    """Win rates of one lever: of its effects, and of raw group means.

    A raw group mean is the mean log likes of the account's learned posts in the same bin of the lever, without any
    shrinkage: hours by four, weekdays, thirds of duration, length and number of hashtags, the sign of the tone, and
    otherwise yes or no. Where it makes no difference between two posts it counts as a coin.
    """

    lever: str
    effects: WinRate
    """Pairs whose predicted difference is at least `MIN_WORTH`."""
    raw_same: WinRate
    """Raw group means on those pairs."""
    ahead: WinRate
    """The first rate less the second, paired by account."""
    sure: WinRate
    """Pairs sure enough to be suggested: those of which the better one helps by `HELPS` with `MIN_CHANCE`."""
    raw_sure: WinRate
    """Raw group means on those pairs."""
    raw_alone: WinRate
    """Raw group means on the pairs where their own difference is at least `MIN_WORTH`."""


@dataclass(frozen=True, slots=True)
class PairReport:
    """The win rates of `TESTED`, in that order, and what they were counted on."""

    split_at: float
    """T, epoch seconds."""
    learned_posts: int
    pairs: int
    accounts: int
    levers: tuple[LeverWins, ...]


@dataclass(frozen=True, slots=True)
class _MaturePosts:
    """n posts of one account counted at `MATURE_AGE` or later, in order of publishing."""

    posts: tuple[PublishedPost, ...]
    likes: Floats  # (n,) log1p of the latest count
    zone: str

    @classmethod
    def of(cls, account: AccountHistory) -> Self:
        posts = sorted(account.posts, key=lambda post: (post.posted_at, post.post_id))
        counted = [(post, best_observation(post, _FAR, "mature")) for post in posts]
        mature = [(p, c.likes) for p, c in counted if c and c.observed_at - p.posted_at >= MATURE_AGE]
        likes = np.log1p(np.array([likes for _, likes in mature], dtype=np.float64))
        return cls(tuple(post for post, _ in mature), likes, account.zone)

    def between(self, start: float, end: float) -> Self:
        """Return the posts published from `start` until before `end` (epoch seconds)."""
        kept = [start <= post.posted_at < end for post in self.posts]
        posts = tuple(post for post, is_kept in zip(self.posts, kept, strict=True) if is_kept)
        return replace(self, posts=posts, likes=self.likes[np.array(kept, dtype=np.bool_)])

    def __getitem__(self, rows: slice) -> Self:
        return replace(self, posts=self.posts[rows], likes=self.likes[rows])

    def __len__(self) -> int:
        return len(self.posts)

    def effect_posts(self) -> EffectPosts:
        """Return the posts, at least one, as posts to learn effects from."""
        posted_at = np.array([post.posted_at for post in self.posts], dtype=np.int64)
        tags = np.stack([content_of(post).tags for post in self.posts])
        # a count varies around its mean: that matters where there are few likes
        variance = np.exp(-self.likes)
        return EffectPosts(
            posted_at, content_design(self.posts), tags, self.likes, variance, posted_at + HORIZON, self.zone
        )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """m pairs of one account, by lever of `TESTED` (k); differences are of the first post to the second."""

    won: Floats  # (m,) 1 where the first post has more likes, 0.5 for a tie, else 0
    effect: Floats  # (m, k) log units
    is_sure: NDArray[np.bool_]  # (m, k) whether the predicted better post would be suggested
    raw: Floats  # (m, k) log units


@one_blas_thread()
def compare_own_pairs(accounts: Sequence[AccountHistory]) -> PairReport:
    """Learn effects from posts whose first day had passed by T, and count which posts of later pairs won.

    T is the 80 % quantile of publishing over all mature posts. Effects across accounts are learned from all accounts,
    pairs are of those with `MIN_LEARNED` learned posts. Raises NoPairs.
    """
    mature = [_MaturePosts.of(account) for account in accounts]
    moments = [post.posted_at for of_account in mature for post in of_account.posts]
    if not moments:
        raise NoPairs("No pair to test: no post has its likes counted 7 days or more after publishing.")
    split_at = float(np.quantile(moments, 0.8))
    learned_until = math.floor(split_at) - HORIZON + 1
    learned = [of_account.between(-math.inf, learned_until)[-WINDOW:] for of_account in mature]
    prior = fit_effects([before.effect_posts() for before in learned if len(before)])
    random = np.random.default_rng(0)
    tested = []
    for of_account, before in zip(mature, learned, strict=True):
        later = of_account.between(split_at, math.inf)[:WINDOW]
        if len(before) >= MIN_LEARNED and len(rows := _close_pairs(later, random)):
            tested.append(_compare(prior, before, later, rows))
    if not tested:
        raise NoPairs(
            f"No pair to test: no account has {MIN_LEARNED} posts before the last fifth of all and two posts at most "
            f"{MAX_GAP // DAY} days apart in it, all with likes counted 7 days or more after publishing."
        )
    return PairReport(
        split_at=split_at,
        learned_posts=sum(map(len, learned)),
        pairs=sum(len(pairs.won) for pairs in tested),
        accounts=len(tested),
        levers=tuple(_lever_wins(k, tested) for k in range(len(TESTED))),
    )


def _close_pairs(later: _MaturePosts, random: np.random.Generator) -> NDArray[np.int64]:
    """Return positions (m, 2) of posts at most `MAX_GAP` apart, the earlier first; of many, `MAX_PAIRS` at random."""
    posted_at = np.array([post.posted_at for post in later.posts], dtype=np.int64)
    first, second = np.triu_indices(len(later), 1)
    pairs = np.column_stack([first, second])[posted_at[second] - posted_at[first] <= MAX_GAP]
    if len(pairs) > MAX_PAIRS:
        pairs = pairs[np.sort(random.choice(len(pairs), MAX_PAIRS, replace=False))]
    return pairs.astype(np.int64)


def _compare(prior: EffectsPrior, before: _MaturePosts, later: _MaturePosts, pairs: NDArray[np.int64]) -> _Pairs:
    """Return what the learned posts say about pairs (m, 2) of later posts, and which of them won."""
    first, second = pairs.T
    learned = before.effect_posts()
    account, new = learned.learn(prior), later.effect_posts()
    posterior = account.posterior(prior)
    rows = account.columns(new.posted_at, new.content, new.tags)
    difference = rows[first] - rows[second]
    columns = lever_columns(len(account.tags))
    effect, is_sure = np.zeros((2, len(pairs), len(TESTED)))
    for k, lever in enumerate(TESTED):
        chosen = [i for name in (LEVERS if lever == ALL_LEVERS else [lever]) for i in columns[name]]
        of_lever = np.zeros_like(difference)
        of_lever[:, chosen] = difference[:, chosen]
        effect[:, k] = posterior.contrast(of_lever).effect
        # as a suggestion to turn the worse post into the better one
        towards_better = posterior.contrast(of_lever * np.where(effect[:, k] < 0, -1.0, 1.0)[:, None])
        is_sure[:, k] = (towards_better.effect >= MIN_WORTH) & (towards_better.chance_above(HELPS) >= MIN_CHANCE)
    levels = _raw_levels(before, later, account.offset)
    won = (np.sign(later.likes[first] - later.likes[second]) + 1) / 2
    return _Pairs(won, effect, is_sure.astype(np.bool_), levels[first] - levels[second])


def _raw_levels(before: _MaturePosts, later: _MaturePosts, offset: int) -> Floats:
    """Return (n, k), the mean log likes of the learned posts in each later post's bin, around their mean.

    A bin without a learned post counts as the mean; all levers together are the sum.
    """
    known, new = _amounts(before, offset), _amounts(later, offset)
    around = before.likes - before.likes.mean()
    levels = np.zeros((len(later), len(TESTED)))
    for k, lever in enumerate(TESTED[:-1]):
        thirds = np.nanquantile(known[lever], (1 / 3, 2 / 3)) if np.isfinite(known[lever]).any() else np.zeros(2)
        bins, new_bins = (
            np.searchsorted(thirds, of[lever], side="left") if lever in _IN_THIRDS else of[lever] for of in (known, new)
        )
        for bin_ in np.unique(bins):
            levels[new_bins == bin_, k] = around[bins == bin_].mean()
    levels[:, -1] = levels.sum(axis=1)
    return levels


_IN_THIRDS = ("duration", "caption_length", "hashtags")


def _amounts(of_account: _MaturePosts, offset: int) -> dict[str, Floats]:
    """Return, by lever, each post's bin (n,), or the amount whose thirds are the bins."""
    captions = [post.caption for post in of_account.posts]
    moments = np.array([post.posted_at for post in of_account.posts], dtype=np.int64)
    local = local_seconds(moments, of_account.zone, offset)
    tone = np.array([caption.sentiment or 0.0 for caption in captions])
    return {
        "post_hour": hours_of(local) // 4,
        "weekday": weekdays_of(local).astype(np.float64),
        "duration": np.array([post.duration_s for post in of_account.posts], dtype=np.float64),
        "caption_length": np.array([float(body_length(caption)) for caption in captions]),
        "question": np.array([float(caption.questions > 0) for caption in captions]),
        "call_to_action": np.array([float(caption.call_to_action > 0) for caption in captions]),
        "tone": np.sign(tone) * (np.abs(tone) > 0.05),
        "emoji": np.array([float(caption.emoji > 0) for caption in captions]),
        "hashtags": np.array([float(len(caption.hashtags)) for caption in captions]),
    }


def _lever_wins(k: int, tested: Sequence[_Pairs]) -> LeverWins:
    effect = [np.abs(pairs.effect[:, k]) >= MIN_WORTH for pairs in tested]
    sure = [pairs.is_sure[:, k] for pairs in tested]
    alone = [np.abs(pairs.raw[:, k]) >= MIN_WORTH for pairs in tested]
    wins = [_wins(pairs.effect[:, k], pairs.won) for pairs in tested]
    raw_wins = [_wins(pairs.raw[:, k], pairs.won) for pairs in tested]
    return LeverWins(
        lever=TESTED[k],
        effects=_win_rate(wins, effect),
        raw_same=_win_rate(raw_wins, effect),
        ahead=_win_rate([ours - theirs for ours, theirs in zip(wins, raw_wins, strict=True)], effect),
        sure=_win_rate(wins, sure),
        raw_sure=_win_rate(raw_wins, sure),
        raw_alone=_win_rate(raw_wins, alone),
    )


def _wins(difference: Floats, won: Floats) -> Floats:
    """Return 1 where the predicted better post of a pair won, 0 where it lost, 0.5 for a tie or no difference (m,)."""
    direction = np.where(np.abs(difference) < 1e-12, 0.0, np.sign(difference))
    return 0.5 + direction * (won - 0.5)


def _win_rate(wins: Sequence[Floats], chosen: Sequence[NDArray[np.bool_]]) -> WinRate:
    """Return the mean over accounts of the mean over the chosen of an account's pairs, and its interval."""
    shares = np.array([of.mean() for all_, kept in zip(wins, chosen, strict=True) if len(of := all_[kept])])
    pairs = int(sum(kept.sum() for kept in chosen))
    rate = float(shares.mean()) if len(shares) else math.nan
    if len(shares) < MIN_ACCOUNTS:
        return WinRate(pairs, len(shares), rate, math.nan, math.nan)
    draws = np.random.default_rng(0).integers(len(shares), size=(_DRAWS, len(shares)))
    low, high = np.quantile(shares[draws].mean(axis=1), (0.025, 0.975))
    return WinRate(pairs, len(shares), rate, float(low), float(high))
