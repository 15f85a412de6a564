"""Whether a challenger may take the champion's place: both forecast the same later posts of the same accounts.

The posts were published after everything that either model learned from, their first day is known from a measured
observation, and each is forecast from what was known of its account when it was published. An earlier post that
nobody had counted by then stands in that history with its first later count, as in training, and for both models alike,
and so do followers: accounts are fetched when somebody signs in. Differences are taken account by account, so that one
with many posts speaks once, and their means are bootstrapped over accounts (Efron and Tibshirani, "An Introduction to
the Bootstrap" (1993), 13.3).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import WINDOW
from predictions.engine.data.labels import best_observation, label_of
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.global_model import CalibratedForecast, GlobalModel
from predictions.engine.threads import one_blas_thread
from predictions.engine.training import replay_all
from predictions.engine.types import COVERAGE, HORIZON, AccountHistory, Floats, PublishedPost

MIN_ACCOUNTS = 20
"""With fewer, chance decides: the champion stays."""

CONFIDENCE = 0.975
"""Of each one-sided interval: a challenger has two chances to win (MAPE, log-MAE), which together err at most 5 %."""

HARM = 0.05
"""A mean error more than this share above the champion's harms: no cohort, nor all together, may be harmed."""

MIN_COHORT = 5
"""A smaller cohort is shown and not judged: its mean is that of one or two accounts."""

COVERAGE_SLACK = 0.05
"""How far the interval's coverage may be from what it promises, where chance does not explain more."""

LARGE_FOLLOWERS = 10_000
LONG_HISTORY = 20
ENGLISH_SHARE = 0.25
"""Of an account's plain captions, those in which the English lexicon of sentiments finds a word: on public histories
nine accounts in ten lie on the right side of it (English against Danish and Vietnamese)."""
PLAIN_WORDS = 3
PLAIN_CAPTIONS = 5
"""Captions are plain that have some words and no emoji, which the lexicon knows in every language."""

_RESAMPLES = 2_000
_MEASURES = ("log_mae", "mape")


class AlreadyLearned(ValueError):
    """A model has learned from posts that it was to be compared on; the message says until when it learned."""


@dataclass(frozen=True, slots=True)
class Errors:
    """One model's on one account's posts."""

    log_mae: float
    """Mean |log1p error| of the typical forecast."""
    mape: float
    """Of the point forecast, over posts with a like; NaN where no post has one."""
    covered: int
    """Posts inside the 80 % interval."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both models on the same posts of one account."""

    posts: int
    champion: Errors
    challenger: Errors
    cohorts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to promote, why or why not in a sentence for staff, and the figures behind that (JSON)."""

    promote: bool
    reason: str
    figures: dict[str, Any]


def learned_until(model: GlobalModel) -> int | None:
    """Epoch seconds by which everything that the model learned was known; None for the prior."""
    until: int | None = model.manifest.get("until")
    return until


def compare(
    champion: GlobalModel, challenger: GlobalModel, accounts: Iterable[AccountHistory], *, since: int, until: int
) -> Iterator[Pair]:
    """Forecast the posts published from `since` on whose horizon passed by `until`, account by account, with both.

    Accounts without such a post that has a measured label are left out. Labels are moved to 24 h along the prior's
    growth curve, which is neither model's own. Raises AlreadyLearned when a model learned from posts after `since`.
    """
    for name, model in (("champion", champion), ("challenger", challenger)):
        learned = learned_until(model)
        if learned is not None and learned > since:
            raise AlreadyLearned(f"The {name} learned from what was known until {learned}, later than {since}.")
    with one_blas_thread():
        for account in accounts:
            pair = _compare_on(account, champion, challenger, since, until)
            if pair is not None:
                yield pair


def decide(pairs: Sequence[Pair], *, seed: int = 0) -> Decision:
    """The rule of promotion.

    The challenger must give a number for every account. It must be better in MAPE or in log-MAE beyond chance (the
    upper bound of the mean difference is below zero), worse by more than `HARM` in neither, over all accounts and in
    each cohort, and its interval must keep its promise: coverage within `COVERAGE_SLACK` (or two standard errors, if
    that is more) of 80 %, or at least no farther from it than the champion's. In no cohort may it be farther from it
    than the champion's by more than that.
    """
    posts = sum(pair.posts for pair in pairs)
    figures: dict[str, Any] = {"accounts": len(pairs), "posts": posts}
    if len(pairs) < MIN_ACCOUNTS:
        reason = (
            f"Only {len(pairs)} accounts have posts with a measured first day that neither model learned from; "
            f"{MIN_ACCOUNTS} are needed to tell."
        )
        return Decision(False, reason, figures)
    if silent := sum(_gives_no_number(pair) for pair in pairs):
        reason = f"It gives no number for posts of {silent} of {len(pairs)} accounts."
        return Decision(False, reason, figures)
    figures["all"] = {measure: _difference(pairs, measure, seed) for measure in _MEASURES}
    cohorts = sorted(frozenset().union(*(pair.cohorts for pair in pairs)))
    figures["cohorts"] = {name: _cohort(name, pairs) for name in cohorts}
    figures["coverage"] = _coverage(pairs)
    objections = [*_not_better(figures["all"]), *_harmed(figures), *_miscalibrated(figures)]
    told = _told(figures["all"])
    reason = " ".join(objections) or f"Better on {posts} later posts of {len(pairs)} accounts, harming none: {told}."
    return Decision(not objections, reason, figures)


def _compare_on(
    account: AccountHistory, champion: GlobalModel, challenger: GlobalModel, since: int, until: int
) -> Pair | None:
    posts = sorted((p for p in account.posts if p.posted_at <= until), key=lambda p: (p.posted_at, p.post_id))
    labels = np.array([_measured_likes(p, until) if p.posted_at >= since else math.nan for p in posts])
    tested = np.flatnonzero(~np.isnan(labels))
    if not len(tested):
        return None
    # an account's weights are learned from its latest posts; the tested ones come after those
    latest = WINDOW + len(posts) - int(tested[0])
    rows = [rows_of_account(0, account, m.curve, "horizon", until, latest) for m in (champion, challenger)]
    # both have a row for the same posts, unless one model's features ask for more of a history
    common = np.intersect1d(np.intersect1d(rows[0].post, rows[1].post), tested)
    if not len(common):
        return None
    errors = [
        _errors(_forecasts(m, r, common), labels[common]) for m, r in zip((champion, challenger), rows, strict=True)
    ]
    known = rows[0].known[np.isin(rows[0].post, common)]
    followers = account.followers_at(until, until)
    return Pair(len(common), errors[0], errors[1], _cohorts(followers, posts, int(np.median(known))))


def _measured_likes(post: PublishedPost, until: int) -> float:
    """Likes at the horizon; NaN where they were not measured, or the horizon has not passed."""
    counts = best_observation(post, until, "horizon")
    if counts is None or post.posted_at + HORIZON > until:
        return math.nan
    label = label_of(post.posted_at, counts, GrowthCurve.prior(), "horizon")
    return math.expm1(label.logs[0]) if label.measured else math.nan


def _forecasts(model: GlobalModel, rows: Rows, posts: NDArray[np.int64]) -> CalibratedForecast:
    """Of the posts, with the weights that the account had by each."""
    raw = model.predict(rows.base, rows.tabular, rows.topic)
    shift, noise = replay_all(model.weight_prior, rows, raw)
    served = model.calibrate(raw, shift, noise)
    wanted = np.isin(rows.post, posts)
    return CalibratedForecast(served.typical[wanted], served.point[wanted], served.low[wanted], served.high[wanted])


def _errors(served: CalibratedForecast, likes: Floats) -> Errors:
    liked = likes >= 1
    relative = np.abs(served.point - likes)[liked] / likes[liked]
    return Errors(
        log_mae=float(np.abs(np.log1p(served.typical) - np.log1p(likes)).mean()),
        mape=float(relative.mean()) if liked.any() else math.nan,
        covered=int(((served.low <= likes) & (likes <= served.high)).sum()),
    )


def _cohorts(followers: float, posts: Sequence[PublishedPost], known: int) -> frozenset[str]:
    """The groups that an account belongs to; to none of a kind where that is not known.

    Language is a proxy: captions are not kept, and their measures tell only whether English words occur.
    """
    cohorts = {"long history" if known >= LONG_HISTORY else "short history"}
    if followers >= 0:
        cohorts.add("large account" if followers >= LARGE_FOLLOWERS else "small account")
    plain = [p.caption for p in posts if p.caption.words >= PLAIN_WORDS and not p.caption.emoji]
    if len(plain) >= PLAIN_CAPTIONS:
        share = sum(caption.sentiment != 0 for caption in plain) / len(plain)
        cohorts.add("English words" if share >= ENGLISH_SHARE else "other words")
    return frozenset(cohorts)


def _gives_no_number(pair: Pair) -> bool:
    """Whether the challenger has none for a post: the means would leave the account out, as if it were not harmed.

    Where no post has a like, neither model has a MAPE.
    """
    without_mape = not math.isfinite(pair.challenger.mape) and math.isfinite(pair.champion.mape)
    return without_mape or not math.isfinite(pair.challenger.log_mae)


def _values(pairs: Sequence[Pair], measure: str) -> tuple[Floats, Floats]:
    """The champion's and the challenger's, of the accounts for which the measure is defined."""
    both = np.array([(getattr(p.champion, measure), getattr(p.challenger, measure)) for p in pairs]).reshape(-1, 2)
    defined = both[~np.isnan(both).any(axis=1)]
    return defined[:, 0], defined[:, 1]


def _means(pairs: Sequence[Pair], measure: str) -> dict[str, float]:
    """Empty where the measure is defined for none of the accounts."""
    champion, challenger = _values(pairs, measure)
    if not len(champion):
        return {}
    return {"champion": round(float(champion.mean()), 6), "challenger": round(float(challenger.mean()), 6)}


def _difference(pairs: Sequence[Pair], measure: str, seed: int) -> dict[str, float]:
    """Means, their difference (negative: the challenger is better) and its upper bound; empty for fewer than two."""
    champion, challenger = _values(pairs, measure)
    if len(champion) < 2:
        return {}
    difference = challenger - champion
    resampled = bootstrap(
        (difference,), np.mean, n_resamples=_RESAMPLES, batch=100, confidence_level=CONFIDENCE,
        alternative="less", method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return _means(pairs, measure) | {
        "difference": round(float(difference.mean()), 6),
        "upper": round(float(resampled.confidence_interval.high), 6),
    }


def _cohort(name: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    own = [pair for pair in pairs if name in pair.cohorts]
    told = {"accounts": len(own), "posts": sum(pair.posts for pair in own), "coverage": _coverage(own)}
    return told | {measure: _means(own, measure) for measure in _MEASURES}


def _coverage(pairs: Sequence[Pair]) -> dict[str, float]:
    posts = sum(pair.posts for pair in pairs)
    return {
        "champion": round(sum(pair.champion.covered for pair in pairs) / posts, 4),
        "challenger": round(sum(pair.challenger.covered for pair in pairs) / posts, 4),
    }


def _told(figures: dict[str, dict[str, float]]) -> str:
    """E.g. "log-mae -0.0210 (at most -0.0080), mape -0.0100 (at most +0.0030)"."""
    return ", ".join(
        f"{measure.replace('_', '-')} {values['difference']:+.4f} (at most {values['upper']:+.4f})"
        for measure, values in figures.items()
        if values
    )


def _not_better(figures: dict[str, dict[str, float]]) -> Iterator[str]:
    if not any(values and values["upper"] < 0 for values in figures.values()):
        yield f"Not better beyond chance: {_told(figures)}."


def _harmed(figures: dict[str, Any]) -> Iterator[str]:
    for name, group in ({"all accounts": figures["all"]} | _judged_cohorts(figures)).items():
        for measure in _MEASURES:
            means = group[measure]
            if means and means["challenger"] > means["champion"] * (1 + HARM):
                told = f"{means['champion']:.4f} to {means['challenger']:.4f}"
                yield f"Harms a cohort ({name}): {measure.replace('_', '-')} from {told}."


def _judged_cohorts(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: cohort for name, cohort in figures["cohorts"].items() if cohort["accounts"] >= MIN_COHORT}


def _miscalibrated(figures: dict[str, Any]) -> Iterator[str]:
    coverage = figures["coverage"]
    champion, challenger = _off(coverage)
    if challenger > _coverage_slack(figures["posts"]) and challenger > champion:
        yield f"Its 80 % interval covers {coverage['challenger']:.1%} (the champion's {coverage['champion']:.1%})."
    for name, cohort in _judged_cohorts(figures).items():
        champion, challenger = _off(cohort["coverage"])
        # of several small cohorts one is soon that far off by chance, and both models' intervals in much the same way
        if challenger - champion > _coverage_slack(cohort["posts"]):
            told = f"{cohort['coverage']['champion']:.1%} to {cohort['coverage']['challenger']:.1%}"
            yield f"Harms a cohort ({name}): coverage of the 80 % interval from {told}."


def _off(coverage: dict[str, float]) -> tuple[float, float]:
    """How far the champion's and the challenger's are from what the interval promises."""
    return abs(coverage["champion"] - COVERAGE), abs(coverage["challenger"] - COVERAGE)


def _coverage_slack(posts: int) -> float:
    """`COVERAGE_SLACK`, or what chance explains of so many posts (two standard errors) if that is more."""
    return max(COVERAGE_SLACK, 2 * math.sqrt(COVERAGE * (1 - COVERAGE) / posts))
