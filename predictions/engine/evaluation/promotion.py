"""Champion against challenger: both models forecast the same later posts of the same accounts.

The posts were published after everything that either model learned from and have a measured first day; each is
forecast from the state of its account when it was published. As in training, an earlier post that nobody had
counted by then has its first later count, and so have followers: accounts are fetched when somebody signs in. Errors
are averaged by account, and their differences bootstrapped over accounts (Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993, 13.3).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import WINDOW
from predictions.engine.data.labels import best_observation, label_of
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.global_model import GlobalModel
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import COVERAGE, HORIZON, AccountHistory, Floats, PublishedPost

MIN_ACCOUNTS = 20
"""With fewer the champion stays."""

CONFIDENCE = 0.975
"""Of each one-sided interval: winning by MAPE or by log-MAE then has a chance of at most 5 % without a difference."""

HARM = 0.05
"""A mean error that exceeds the champion's by more than this share is harm, to a cohort or to all accounts."""

MIN_COHORT = 5
"""Cohorts of fewer accounts are shown and not judged."""

COVERAGE_SLACK = 0.05
"""Accepted distance of the interval's coverage from 80 %; two standard errors where that is more."""

LARGE_FOLLOWERS = 10_000
LONG_HISTORY = 20
ENGLISH_SHARE = 0.25
"""Of an account's plain captions, those with a word of the English sentiment lexicon. On public histories this sorts
nine accounts in ten correctly (English against Danish and Vietnamese)."""
PLAIN_WORDS, PLAIN_CAPTIONS = 3, 5
"""Fewest words of a plain caption, which has no emoji (those are in the lexicon), and fewest such captions."""

_RESAMPLES = 2_000
_ERRORS = {"log_mae": "log-mae", "mape": "mape"}
_MODELS = ("champion", "challenger")


class AlreadyLearned(ValueError):
    """A model learned from posts that it was to be compared on; the message says until when it learned."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one model on one account's posts."""

    log_mae: float
    """Mean |log1p error| of the typical forecast."""
    mape: float
    """Of the point forecast, over posts with a like; NaN without one."""
    covered: int
    """Posts inside the 80 % interval."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both models' errors on the same posts of one account."""

    posts: int
    champion: Errors
    challenger: Errors
    cohorts: frozenset[str]
    baseline: float
    """Mean |log1p error| of the account's moving average (its last five posts); it decides nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, its reason in a sentence for staff, and the figures behind it (JSON)."""

    promote: bool
    reason: str
    figures: dict[str, Any]


def learned_until(model: GlobalModel) -> int | None:
    """Return the moment (epoch seconds) by which everything that the model learned was known; None for the prior."""
    until: int | None = model.manifest.get("until")
    return until


def compare(
    champion: GlobalModel, challenger: GlobalModel, accounts: Iterable[AccountHistory], *, since: int, until: int
) -> Iterator[Pair]:
    """Yield both models' errors, account by account, on posts published from `since` with a horizon by `until`.

    Accounts without such a post that has a measured label are left out. Labels are moved to 24 h along the prior's
    growth curve. Raises AlreadyLearned when a model learned from posts after `since` (both are epoch seconds).
    """
    models = {"champion": champion, "challenger": challenger}
    for name, model in models.items():
        learned = learned_until(model)
        if learned is not None and learned > since:
            raise AlreadyLearned(f"The {name} learned from what was known until {learned}, later than {since}.")
    with one_blas_thread():
        for account in accounts:
            posts = sorted((p for p in account.posts if p.posted_at <= until), key=lambda p: (p.posted_at, p.post_id))
            likes = np.array([_measured_likes(p, until) if p.posted_at >= since else math.nan for p in posts])
            tested = np.flatnonzero(~np.isnan(likes))
            if not len(tested):
                continue
            # the window before the first tested post teaches the account's effects
            latest = WINDOW + len(posts) - int(tested[0])
            rows = [
                rows_of_account(0, account, m.curve, "horizon", until, latest, m.counts.likes_of)
                for m in models.values()
            ]
            chosen = np.intersect1d(rows[0].post, tested)
            if len(chosen):
                ours, theirs = (
                    _errors(m, r, chosen, likes[chosen], account.zone)
                    for m, r in zip(models.values(), rows, strict=True)
                )
                history = int(np.median(rows[0].known[np.isin(rows[0].post, chosen)]))
                followers = account.followers_at(until, until)
                average = rows[0].baseline[np.isin(rows[0].post, chosen)]
                baseline = float(np.abs(np.log1p(average) - np.log1p(likes[chosen])).mean())
                yield Pair(len(chosen), ours, theirs, _cohorts(followers, posts, history), baseline)


def decide(pairs: Sequence[Pair], *, seed: int = 0) -> Decision:
    """Decide by the rule of promotion.

    The challenger must give a number for every account; be better in MAPE or log-MAE beyond chance (the upper bound of
    the mean difference is below zero); and worse by more than `HARM` in neither, over all accounts and in each cohort.
    Its coverage must be within `COVERAGE_SLACK` of 80 % or at least as near to it as the champion's, and in no cohort
    farther from it than the champion's by more than the slack.
    """
    figures: dict[str, Any] = {"accounts": len(pairs), "posts": sum(pair.posts for pair in pairs)}
    if len(pairs) < MIN_ACCOUNTS:
        reason = (
            f"Only {len(pairs)} accounts have posts with a measured first day that neither model learned from; "
            f"{MIN_ACCOUNTS} are needed to tell."
        )
        return Decision(False, reason, figures)
    if silent := sum(_lacks_number(pair) for pair in pairs):
        return Decision(False, f"It gives no number for posts of {silent} of {len(pairs)} accounts.", figures)
    everyone = _group(pairs)
    figures["all"] = {error: everyone[error] | _difference(pairs, error, seed) for error in _ERRORS}
    figures["coverage"] = everyone["coverage"]
    figures["baseline_log_mae"] = round(float(np.mean([pair.baseline for pair in pairs])), 6)
    names = sorted(frozenset[str]().union(*(pair.cohorts for pair in pairs)))
    figures["cohorts"] = {name: _group([pair for pair in pairs if name in pair.cohorts]) for name in names}
    compared = {_ERRORS[error]: values for error, values in figures["all"].items() if values}
    summary = ", ".join(f"{e} {x['difference']:+.4f} (at most {x['upper']:+.4f})" for e, x in compared.items())
    objections = list(_harms(everyone, figures["cohorts"]))
    if not any(values["upper"] < 0 for values in compared.values()):
        objections.insert(0, f"Not better beyond chance: {summary}.")
    better = f"Better on {figures['posts']} later posts of {len(pairs)} accounts, harming none: {summary}."
    return Decision(not objections, " ".join(objections) or better, figures)


def _harms(everyone: dict[str, Any], cohorts: dict[str, Any]) -> Iterator[str]:
    judged = {name: cohort for name, cohort in cohorts.items() if cohort["accounts"] >= MIN_COHORT}
    for name, group in ({"all accounts": everyone} | judged).items():
        for error, words in _ERRORS.items():
            means = group[error]
            if means and means["challenger"] > means["champion"] * (1 + HARM):
                change = f"{words} from {means['champion']:.4f} to {means['challenger']:.4f}"
                yield f"Harms a cohort ({name}): {change}."
    coverage, (champion, challenger, slack) = everyone["coverage"], _distances(everyone)
    if challenger > max(slack, champion):
        yield f"Its 80 % interval covers {coverage['challenger']:.1%} (the champion's {coverage['champion']:.1%})."
    for name, cohort in judged.items():
        coverage, (champion, challenger, slack) = cohort["coverage"], _distances(cohort)
        # compared with the champion: of several small cohorts one is soon far off by chance, under both models alike
        if challenger - champion > slack:
            change = f"{coverage['champion']:.1%} to {coverage['challenger']:.1%}"
            yield f"Harms a cohort ({name}): coverage of the 80 % interval from {change}."


def _distances(group: dict[str, Any]) -> tuple[float, float, float]:
    """Return how far the models' coverage is from 80 %, and the distance that is accepted."""
    champion, challenger = (abs(group["coverage"][model] - COVERAGE) for model in _MODELS)
    return champion, challenger, max(COVERAGE_SLACK, 2 * math.sqrt(COVERAGE * (1 - COVERAGE) / group["posts"]))


def _measured_likes(post: PublishedPost, until: int) -> float:
    """Return likes at the horizon; NaN where they were not measured, or the horizon has not passed."""
    counts = best_observation(post, until, "horizon")
    if counts is None or post.posted_at + HORIZON > until:
        return math.nan
    label = label_of(post.posted_at, counts, GrowthCurve(), "horizon")
    return math.expm1(label.logs[0]) if label.measured else math.nan


def _errors(model: GlobalModel, rows: Rows, posts: NDArray[np.intp], likes: Floats, zone: str) -> Errors:
    """Return the model's errors on the posts, which have these `likes` at the horizon."""
    served = replay(model, rows, np.isin(rows.post, posts), [zone])
    liked = likes >= 1
    return Errors(
        log_mae=float(np.abs(np.log1p(served.typical) - np.log1p(likes)).mean()),
        mape=float((np.abs(served.point - likes)[liked] / likes[liked]).mean()) if liked.any() else math.nan,
        covered=int(((served.low <= likes) & (likes <= served.high)).sum()),
    )


def _cohorts(followers: float, posts: Sequence[PublishedPost], history: int) -> frozenset[str]:
    """Return the account's cohorts: by size and language, where known, and by length of history."""
    cohorts = {"long history" if history >= LONG_HISTORY else "short history"}
    if followers >= 0:
        cohorts.add("large account" if followers >= LARGE_FOLLOWERS else "small account")
    plain = [p.caption for p in posts if p.caption.words >= PLAIN_WORDS and not p.caption.emoji]
    if len(plain) >= PLAIN_CAPTIONS:
        share = sum(bool(caption.sentiment) for caption in plain) / len(plain)
        cohorts.add("English words" if share >= ENGLISH_SHARE else "other words")
    return frozenset(cohorts)


def _lacks_number(pair: Pair) -> bool:
    """Return whether the challenger has no error for the account; without a like, neither model has a MAPE."""
    without_mape = not math.isfinite(pair.challenger.mape) and math.isfinite(pair.champion.mape)
    return without_mape or not math.isfinite(pair.challenger.log_mae)


def _values(pairs: Sequence[Pair], error: str) -> Floats:
    """Return the error (2, n) of champion and challenger, for the n accounts where it is defined; none for one."""
    both = np.array([[getattr(getattr(pair, model), error) for model in _MODELS] for pair in pairs])
    defined: Floats = both[~np.isnan(both).any(axis=1)].T
    return defined if defined.shape[1] > 1 else np.empty((2, 0))


def _means(values: Floats) -> dict[str, float]:
    return dict(zip(_MODELS, values.mean(axis=1).round(6).tolist(), strict=True)) if values.size else {}


def _difference(pairs: Sequence[Pair], error: str, seed: int) -> dict[str, float]:
    """Return the difference of the means (negative: the challenger is better) and its upper bound."""
    from scipy.stats import bootstrap

    values = _values(pairs, error)
    if not values.size:
        return {}
    difference = values[1] - values[0]
    resampled = bootstrap(
        (difference,), np.mean, n_resamples=_RESAMPLES, batch=100, confidence_level=CONFIDENCE,
        alternative="less", method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    upper = float(resampled.confidence_interval.high)
    return {"difference": round(float(difference.mean()), 6), "upper": round(upper, 6)}


def _group(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the number of accounts and posts, and both models' coverage and mean errors."""
    posts = sum(pair.posts for pair in pairs)
    covered = {model: sum(getattr(pair, model).covered for pair in pairs) for model in _MODELS}
    return {
        "accounts": len(pairs),
        "posts": posts,
        "coverage": {model: round(covered[model] / posts, 4) for model in _MODELS},
        **{error: _means(_values(pairs, error)) for error in _ERRORS},
    }
