"""One draft's features from an account's history: the only feature code, for training, backtest and serving alike.

`Features.of` sees a history as of a moment and the draft, nothing else. Everything about likes is relative to `base`,
the account's own recent level, so that small and large accounts share one model.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content.embeddings import EMBEDDING_STEPS, SLOTS
from posts.content.meanings import MEANING_SIZE
from predictions.engine.data.history import CONTENT, MAX_TAGS, WINDOW, Content, History
from predictions.engine.features.similarity_gp import GP_FEATURES, FittedGP, PostSimilarityGP, gp_features
from predictions.engine.types import DAY, HOUR, MAX_COUNT, Floats

LEVEL = ("last", "mean_2", "mean_10", "mean_25", "days_14", "median_15", "q25", "q75")
SPREAD = ("sd5", "sd10", "sd40", "sd_all", "step", "autocorrelation")
PACE = ("trend_10", "trend_30", "posts", "gap", "pace_5", "pace_20", "busy")
SIZE = (
    "base", "followers_ratio",
    "comments_5", "shares_5", "views_5", "comments_20", "shares_20", "views_20", "views_last",
)  # fmt: skip
TIME = ("hour_sin", "hour_cos", "weekday")
OWN_TIME = ("own_hour", "own_weekday")
OWN_SIMILAR = ("similar_sharp", "similar_wide", "nearest", "similarity_max", "similarity_mean")
OWN_TAGS = ("tags_effect", "tags_best", "tags_new", "tags_used")
OWN_OTHER = ("own_duration", "own_length", "own_sound", "sound_used")
UNUSUAL = ("duration", "length", "hashtags", "sentiment", "emoji", "uppercase")
EFFECTS = ("effects", "effects_sd")
"""The account's effects of what the draft has, against its usual post, and their deviation; log units."""
TABULAR = (
    *LEVEL, *SPREAD, *PACE, *SIZE, *TIME, *OWN_TIME, *OWN_OTHER, *OWN_SIMILAR, *OWN_TAGS, *CONTENT,
    *(f"{name}_unusual" for name in UNUSUAL), *GP_FEATURES, *EFFECTS,
)  # fmt: skip
"""Names of the features, in order."""

_BASE_HALF_LIFE, _HALF_LIVES = 5.0, (2.5, 10.0, 25.0)  # posts
_DAYS_HALF_LIFE = 14.0
_DECAY = 0.5 ** (np.arange(WINDOW) / np.array([_BASE_HALF_LIFE, *_HALF_LIVES])[:, None])
_CLIP = 6.0
"""Log units: no post counts as further than a factor of 400 from its account's level."""
_SHRINK = 2.0
"""Posts' worth of "no effect" by which every estimate of an effect is shrunk."""
_RECENT = 40
"""Latest posts that say what is usual for the account's content."""
_UNUSUAL = [CONTENT.index(name) for name in UNUSUAL]
_LENGTH, _DURATION = CONTENT.index("length"), CONTENT.index("duration")


@dataclass(frozen=True, slots=True)
class Features:
    """The model's inputs for one draft."""

    base: float
    """The account's recent level: exponentially weighted mean of log1p likes, outliers pulled in."""
    tabular: Floats  # (len(TABULAR),), NaN unknown
    base_sd: float
    """Standard deviation of the base (log units) by likes that were filled in along an uncertain ratio; mostly 0."""
    topic: NDArray[np.float32]
    """(MEANING_SIZE,), the draft's topic less the mean of the account's latest posts; 0 where unknown."""

    @classmethod
    def of(
        cls,
        history: History,
        content: Content,
        publish_at: int,
        followers: float,
        gp: FittedGP | None = None,
        effects: tuple[float, float] = (math.nan, math.nan),
    ) -> Self:
        """Return the features of a draft to be published at `publish_at`, from a history of at least one post.

        `gp` is the GP over this history, or over a slightly earlier one; fitting it here takes many times as long.
        `effects` are EFFECTS.
        """
        newest_first = _pull_in_outliers(history.likes[::-1])
        weights = _DECAY[:, : len(history)]
        base, *means = (weights @ newest_first / weights.sum(axis=1)).tolist()
        # an error that filled in likes share does not average out
        base_sd = float(weights[0] @ np.nan_to_num(history.ratio_sd[::-1][:WINDOW]) / weights[0].sum())
        relative = np.clip(newest_first - base, -_CLIP, _CLIP)
        ages = np.maximum(publish_at - history.posted_at[::-1], 0) / DAY
        usual = _column_means(history.numbers[-_RECENT:, _UNUSUAL])
        detrended = _detrended(relative)
        hour = publish_at % DAY * (2 * math.pi / DAY)
        tabular = np.concatenate(
            [
                _levels(relative, np.array(means) - base, ages),
                _spreads(relative, detrended),
                _paces(relative, ages),
                _sizes(history, base, followers),
                [math.sin(hour), math.cos(hour), publish_at // DAY % 7],
                _own_effects(history, content, publish_at, detrended),
                content.numbers,
                content.numbers[_UNUSUAL] - usual,
                gp_features(gp or PostSimilarityGP().learn(history), content, publish_at, base),
                effects,
            ]
        )
        return cls(base, tabular, base_sd, _topic(history, content))


def _pull_in_outliers(newest_first: Floats) -> Floats:
    """Return log counts, clipped to three robust deviations around the median of the latest posts."""
    recent = newest_first[:60]
    if len(recent) < 5:
        return newest_first
    middle = np.median(recent)
    reach = 3 * max(1.4826 * float(np.median(np.abs(recent - middle))), 0.5)
    return np.clip(newest_first, middle - reach, middle + reach)


def _levels(relative: Floats, means: Floats, ages: Floats) -> Floats:
    """Return LEVEL."""
    decay = 0.5 ** ((ages - ages[0]) / _DAYS_HALF_LIFE)
    # as np.quantile, which takes ten times as long on so few numbers
    ordered = np.sort(relative[:20])
    quartiles = np.interp(np.array([0.25, 0.75]) * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    middle = np.sort(relative[:15])
    median = (middle[len(middle) // 2] + middle[(len(middle) - 1) // 2]) / 2
    return np.concatenate([relative[:1], means, [decay @ relative / decay.sum(), median], quartiles])


def _detrended(relative: Floats) -> Floats:
    """Return each post less the mean of up to 17 posts around it: what was special about it, whatever the level."""
    n = len(relative)
    sums = np.concatenate([[0.0], np.cumsum(relative)])
    at = np.arange(n)
    low, high = np.maximum(at - 8, 0), np.minimum(at + 9, n)
    detrended: Floats = relative - (sums[high] - sums[low]) / (high - low)
    return detrended


def _spreads(relative: Floats, detrended: Floats) -> Floats:
    """Return SPREAD."""
    n = len(relative)
    sds = [float(relative[:k].std()) if n > 1 else math.nan for k in (5, 10, 40, n)]
    step = float(np.abs(np.diff(relative[:41])).mean()) if n > 1 else math.nan
    variance = float(detrended @ detrended)
    autocorrelation = float(detrended[1:] @ detrended[:-1]) / variance if n > 5 and variance > 0 else math.nan
    return np.array([*sds, step, autocorrelation])


def _paces(relative: Floats, ages: Floats) -> Floats:
    """Return PACE."""
    n = len(relative)
    trends = [float(relative[: k // 3].mean() - relative[:k].mean()) for k in (10, 30)]
    days_apart = [(ages[min(k, n) - 1] - ages[0]) / (min(k, n) - 1) if n > 1 else math.nan for k in (5, 20)]
    return np.array([*trends, math.log(n), *np.log1p([ages[0], *days_apart, (ages < 8).sum()])])


def _sizes(history: History, base: float, followers: float) -> Floats:
    """Return SIZE."""
    ratios = history.logs[-20:, 1:] - history.logs[-20:, :1]
    followed = base - math.log1p(followers) if 0 <= followers < MAX_COUNT else math.nan
    return np.concatenate([[base, followed], _column_means(ratios[-5:]), _column_means(ratios), ratios[-1, -1:]])


def _column_means(rows: Floats) -> Floats:
    """Return the mean of each column's known values, NaN where there is none."""
    is_known = ~np.isnan(rows)
    counts = is_known.sum(axis=0)
    sums = np.where(is_known, rows, 0.0).sum(axis=0)
    means: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means


def _own_effects(history: History, content: Content, publish_at: int, detrended: Floats) -> Floats:
    """Return OWN_TIME, OWN_OTHER, OWN_SIMILAR and OWN_TAGS: how earlier posts that are like the draft did.

    Kernel-weighted means (Nadaraya-Watson) of what was special about those posts, shrunk towards zero.
    """
    posted_at, numbers = history.posted_at[::-1], history.numbers[::-1]
    similarity = history.text_similarity(content)[::-1]
    apart = np.abs((posted_at - publish_at) % DAY) / HOUR
    apart = np.minimum(apart, 24 - apart)
    kernels = np.stack(
        [
            np.exp(-0.5 * (apart / 1.5) ** 2),
            (posted_at // DAY % 7 == publish_at // DAY % 7).astype(np.float64),
            _bell(numbers[:, _DURATION] - content.numbers[_DURATION], 0.3),
            _bell(numbers[:, _LENGTH] - content.numbers[_LENGTH], 0.4),
            ((history.sound[::-1] == content.sound) & (content.sound != 0)).astype(np.float64),
            np.exp(-0.5 * ((1 - similarity) / 0.2) ** 2),
            np.exp(-0.5 * ((1 - similarity) / 0.4) ** 2),
        ]
    )
    total = kernels.sum(axis=1)
    effects = kernels @ detrended / (total + _SHRINK)
    nearest = int(np.argmax(similarity))
    captions = [detrended[nearest], similarity[nearest], similarity.mean()]
    tags = _tag_effects(history, content, detrended)
    return np.concatenate([effects[:5], [math.log1p(total[4])], effects[5:], captions, tags])


def _bell(difference: Floats, width: float) -> Floats:
    return np.where(np.isnan(difference), 0.0, np.exp(-0.5 * (difference / width) ** 2))


def _tag_effects(history: History, content: Content, detrended: Floats) -> Floats:
    """Return OWN_TAGS."""
    tags = content.tags[content.tags != 0]
    if not len(tags):
        return np.full(len(OWN_TAGS), math.nan)
    used = (history.tags[::-1, :, None] == tags).any(axis=1)
    times = used.sum(axis=0)
    effects = detrended @ used / (times + _SHRINK)
    is_used = times > 0
    mean = float(effects[is_used].mean()) if is_used.any() else 0.0
    # a tag on every post cannot tell posts apart; the rarer ones can
    rare = times < 0.5 * len(detrended)
    best = float(np.max(np.abs(effects) * rare) if rare.any() else 0.0)
    return np.array([mean, best, float((~is_used).mean()), math.log1p(min(len(tags), MAX_TAGS))])


def _topic(history: History, content: Content) -> NDArray[np.float32]:
    topic, recent = content.embedding[SLOTS:], history.embedding[-_RECENT:, SLOTS:]
    has_topic = recent.any(axis=1)
    if not topic.any() or not has_topic.any():
        return np.zeros(MEANING_SIZE, np.float32)
    # sums of whole steps, exact in any order
    difference: NDArray[np.float32] = (
        topic - recent[has_topic].sum(axis=0) / np.float32(has_topic.sum())
    ) / EMBEDDING_STEPS
    return difference
