"""One draft's features from an account's history: the only feature code, for training, backtest and serving alike.

`Features.of(history, draft)` sees nothing but a history as of a moment and the draft itself. Everything about likes
is relative to `base`, the account's own robust recent level, so that small and large accounts share one model.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posts.content import EMBEDDING_STEPS, SLOTS
from posts.meanings import MEANING_SIZE
from predictions.engine.data.history import CONTENT, MAX_TAGS, WINDOW, Content, History
from predictions.engine.features.similarity_gp import GP_FEATURES, FittedGP, PostSimilarityGP, gp_features
from predictions.engine.types import DAY, HOUR, MAX_COUNT, Floats

BASE_HALF_LIFE = 5.0
HALF_LIVES = (1.0, 2.5, 10.0, 25.0, 80.0)  # posts
DAY_HALF_LIVES = (3.0, 14.0, 60.0)
MEDIANS = (5, 15, 40)
_RECENT = 40
"""Latest posts whose mean topic a draft's topic is compared with."""

_BACK = np.arange(WINDOW, dtype=np.float64)
_DECAY = 0.5 ** (_BACK / np.array([BASE_HALF_LIFE, *HALF_LIVES])[:, None])
_CLIP = 6.0
"""Log units: no post is taken as further than a factor of 400 from its account's level."""

_SHRINK = 2.0
"""Posts' worth of "no effect" that every estimate of an effect is shrunk by."""

LEVEL = (
    "last", "last2", "last3", *(f"mean_{h:g}" for h in HALF_LIVES), *(f"days_{h:g}" for h in DAY_HALF_LIVES),
    *(f"median_{n}" for n in MEDIANS), "q10", "q25", "q75", "q90", "max10", "min10", "mean_all",
)  # fmt: skip
SPREAD = ("sd5", "sd10", "sd40", "sd_all", "step", "autocorrelation")
PACE = ("trend_10", "trend_30", "posts", "gap", "pace_5", "pace_20", "busy")
SIZE = (
    "base",
    "followers_ratio",
    "comments_5",
    "shares_5",
    "views_5",
    "comments_20",
    "shares_20",
    "views_20",
    "views_last",
)
TIME = ("hour", "hour_sin", "hour_cos", "weekday", "own_hour", "own_weekday")
CAPTION_OWN = ("similar_sharp", "similar_wide", "nearest", "similarity_max", "similarity_mean")
TAGS_OWN = ("tags_effect", "tags_best", "tags_new", "tags_used")
OTHER_OWN = ("own_duration", "own_sound", "sound_used", "own_length")
CONTENT_USUAL = ("duration", "length", "hashtags", "sentiment", "emoji", "uppercase")
TABULAR = (
    *LEVEL, *SPREAD, *PACE, *SIZE, *TIME, *CAPTION_OWN, *TAGS_OWN, *OTHER_OWN, *CONTENT,
    *(f"{name}_unusual" for name in CONTENT_USUAL), *GP_FEATURES,
)  # fmt: skip
_USUAL = [CONTENT.index(name) for name in CONTENT_USUAL]
_LENGTH, _DURATION = CONTENT.index("length"), CONTENT.index("duration")


@dataclass(frozen=True, slots=True)
class Features:
    """What the models see of one draft."""

    base: float
    """The account's robust recent level: exponentially weighted mean of log1p likes."""
    tabular: Floats  # (len(TABULAR),), NaN unknown
    topic: NDArray[np.float32]
    """(MEANING_SIZE,), how what the draft is about differs from the account's latest posts; 0 where that is unknown."""

    @classmethod
    def of(
        cls, history: History, content: Content, publish_at: int, followers: float, gp: FittedGP | None = None
    ) -> "Features":
        """Features of a draft to be published at `publish_at`; the history must hold at least one post.

        `solved` is what `Process` learned of this history, or of what was known of it a little earlier; where it is not
        at hand it is worked out, which takes many times as long as the rest.
        """
        n = len(history)
        newest_first = history.likes[::-1]
        level = _robust(newest_first)
        weights = _DECAY[:, :n]
        means = weights @ level / weights.sum(axis=1)
        base = float(means[0])
        relative = np.clip(level - base, -_CLIP, _CLIP)
        ages = np.maximum(publish_at - history.posted_at[::-1], 0) / DAY
        detrended = _detrended(relative)
        effects = _own_effects(history, content, publish_at, detrended)
        usual = content.numbers[_USUAL] - _column_means(history.numbers[-40:, _USUAL])
        tabular = np.concatenate(
            [
                _levels(relative, means[1:] - base, ages),
                _spreads(relative, detrended),
                _pace(relative, ages),
                _size(history, base, followers),
                _time(publish_at),
                effects,
                content.numbers,
                usual,
                gp_features(gp or PostSimilarityGP().learn(history), content, publish_at, base),
            ]
        )
        return cls(base, tabular[_ORDER], _topic(history, content))


# The own effects are computed together and told apart by name; this puts them where TABULAR has them.
_COMPUTED = (
    *LEVEL, *SPREAD, *PACE, *SIZE, "hour", "hour_sin", "hour_cos", "weekday",
    "own_hour", "own_weekday", "own_duration", "own_length", "own_sound", "similar_sharp", "similar_wide", "sound_used",
    "nearest", "similarity_max", "similarity_mean", *TAGS_OWN,
    *CONTENT, *(f"{name}_unusual" for name in CONTENT_USUAL), *GP_FEATURES,
)  # fmt: skip
_ORDER = np.array([_COMPUTED.index(name) for name in TABULAR])


def _robust(newest_first: Floats) -> Floats:
    """Log counts with single outliers pulled in to three robust deviations of the account's latest posts."""
    recent = newest_first[:60]
    if len(recent) < 5:
        return newest_first
    middle = np.median(recent)
    reach = 3 * max(1.4826 * float(np.median(np.abs(recent - middle))), 0.5)
    return np.clip(newest_first, middle - reach, middle + reach)


def _detrended(relative: Floats) -> Floats:
    """Each post less the mean of up to 17 posts around it: what was special about it, whatever the level then."""
    n = len(relative)
    sums = np.concatenate([[0.0], np.cumsum(relative)])
    at = np.arange(n)
    low, high = np.maximum(at - 8, 0), np.minimum(at + 9, n)
    detrended: Floats = relative - (sums[high] - sums[low]) / (high - low)
    return detrended


def _levels(relative: Floats, means: Floats, ages: Floats) -> Floats:
    padded = np.full(3, np.nan)
    padded[: min(3, len(relative))] = relative[:3]
    decay = 0.5 ** ((ages - ages[0]) / np.array(DAY_HALF_LIVES)[:, None])
    by_day = decay @ relative / decay.sum(axis=1)
    medians = [_median(relative[:n]) for n in MEDIANS]
    ordered = np.sort(relative[:20])
    quantiles = np.interp(np.array([0.1, 0.25, 0.75, 0.9]) * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    ten = relative[:10]
    return np.concatenate([padded, means, by_day, medians, quantiles, [ten.max(), ten.min(), relative.mean()]])


def _median(values: Floats) -> float:
    ordered = np.sort(values)
    n = len(ordered)
    return float(ordered[n // 2] + ordered[(n - 1) // 2]) / 2


def _spreads(relative: Floats, detrended: Floats) -> Floats:
    n = len(relative)
    steps = np.abs(np.diff(relative[:41]))
    step = float(steps.mean()) if n > 1 else math.nan
    variance = float(detrended @ detrended)
    auto = float(detrended[1:] @ detrended[:-1]) / variance if n > 5 and variance > 0 else math.nan
    sds = [float(relative[:k].std()) if n > 1 else math.nan for k in (5, 10, 40, n)]
    return np.array([*sds, step, auto])


def _pace(relative: Floats, ages: Floats) -> Floats:
    n = len(relative)
    trends = [float(relative[: max(k // 3, 1)].mean() - relative[:k].mean()) for k in (10, 30)]
    paces = [
        math.log1p((ages[min(k, n) - 1] - ages[0]) / max(min(k, n) - 1, 1)) if n > 1 else math.nan for k in (5, 20)
    ]
    return np.array([*trends, math.log(n), math.log1p(ages[0]), *paces, math.log1p(float((ages < 8).sum()))])


def _size(history: History, base: float, followers: float) -> Floats:
    ratios = history.logs[-20:, 1:] - history.logs[-20:, :1]
    followed = base - math.log1p(followers) if 0 <= followers < MAX_COUNT else math.nan
    views = history.logs[-1, 3] - history.logs[-1, 0]
    return np.concatenate([[base, followed], _column_means(ratios[-5:]), _column_means(ratios), [views]])


def _column_means(rows: Floats) -> Floats:
    known = ~np.isnan(rows)
    counts = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    means: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means


def _time(publish_at: int) -> Floats:
    hour = (publish_at % DAY) / HOUR
    turn = hour * (2 * math.pi / 24)
    return np.array([hour, math.sin(turn), math.cos(turn), float(publish_at // DAY % 7)])


def _own_effects(history: History, content: Content, publish_at: int, detrended: Floats) -> Floats:
    """How the account's earlier posts that are like the draft (in hour, length, caption, ...) did for their time.

    Each is a kernel-weighted mean (Nadaraya-Watson) of what was special about those posts, shrunk towards none.
    """
    posted_at = history.posted_at[::-1]
    similarity = history.text_similarity(content)[::-1]
    apart = np.abs((posted_at - publish_at) % DAY) / HOUR
    apart = np.minimum(apart, 24 - apart)
    numbers = history.numbers[::-1]
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
    caption = [detrended[nearest], similarity[nearest], similarity.mean()]
    return np.concatenate([effects, [math.log1p(total[4])], caption, _tag_effects(history, content, detrended)])


def _topic(history: History, content: Content) -> NDArray[np.float32]:
    about = content.embedding[SLOTS:]
    recent = history.embedding[-_RECENT:, SLOTS:]
    told = recent.any(axis=1)
    if not about.any() or not told.any():
        return np.zeros(MEANING_SIZE, np.float32)
    # sums of whole steps, exact in any order
    difference: NDArray[np.float32] = (about - recent[told].sum(axis=0) / np.float32(told.sum())) / EMBEDDING_STEPS
    return difference


def _bell(difference: Floats, width: float) -> Floats:
    return np.where(np.isnan(difference), 0.0, np.exp(-0.5 * (difference / width) ** 2))


def _tag_effects(history: History, content: Content, detrended: Floats) -> NDArray[np.float64]:
    tags = content.tags[content.tags != 0]
    if not len(tags):
        return np.array([math.nan] * len(TAGS_OWN))
    used = (history.tags[::-1, :, None] == tags).any(axis=1)
    times = used.sum(axis=0)
    effects = detrended @ used / (times + _SHRINK)
    known = times > 0
    mean = float(effects[known].mean()) if known.any() else 0.0
    # A tag that is on every post cannot tell posts apart; the rarer ones can.
    rare = times < 0.5 * len(detrended)
    best = float(np.max(np.abs(effects) * rare) if rare.any() else 0.0)
    return np.array([mean, best, float((~known).mean()), math.log1p(len(tags) if len(tags) < MAX_TAGS else MAX_TAGS)])
