"""A Gaussian process over one account's posts: its level at several time scales, caption, hour, duration and sound.

Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), chapter 2. Every account has the same kernel,
in units of its own noise: the unexplained variance is one. Its posterior for a draft becomes features of the global
model.

The posts are learned one by one, in order. Each adds a row to the inverse of the Gram matrix's Cholesky factor, and
later posts change no earlier row, so one pass serves all rows of an account.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.history import CONTENT, WINDOW, Content, History
from predictions.engine.types import DAY, Floats

GP_FEATURES = ("gp_mean", "gp_content", "gp_level")

# Variances relative to chance, in round numbers: what an account's level is at all, how it drifts over a few and a few
# dozen posts, and over two months.
_CONSTANT = 10.0
_DRIFTS = ((0.15, 3.0), (0.25, 20.0))
_SEASON = (0.5, 60.0)
# Two captions that share nothing still go together exp(-2) as much as two that are the same: with a kernel this wide,
# small likenesses count, and those that come about by chance do little harm.
_CAPTION, _MEANING, _SHARPNESS = 2.0, 1.5, 2.0
_HOUR, _SOUND = 0.2, 0.2
_MEASURES = {"duration": (0.3, 0.5), "length": (0.2, 0.5), "hashtags": (0.2, 0.4)}  # variance, and width in logs
_COLUMNS = [CONTENT.index(name) for name in _MEASURES]
_VARIANCES, _WIDTHS = np.array(list(_MEASURES.values())).T
_FADING = 300.0
"""Days after which a likeness tells only a third as much: what an audience likes changes, and so does the audience."""

_CLIP = 2.5
"""A post surprises by at most so many standard deviations: one viral post does not bend the rest."""
_PRIOR_POSTS = 2.0
"""So many posts' worth of "chance has a variance of one log unit squared" stand before an account's own surprises."""

_LAGS = np.arange(WINDOW + 1, dtype=np.float64)
_DRIFT = _CONSTANT + np.sum([variance * np.exp(_LAGS / -scale) for variance, scale in _DRIFTS], axis=0)


@dataclass(frozen=True, slots=True)
class FittedGP:
    """A fitted process: forecasts of a draft are sums of its kernel with the posts under these weights."""

    posts: History
    weights: Floats  # (len(posts),), relative to the first post's likes


class PostSimilarityGP:
    """Learns a history; a history that goes on where the last one ended costs only what is new in it."""

    def __init__(self) -> None:
        self._posts: History | None = None
        self._labels = np.zeros((0, 2))
        self._whitening = np.zeros((WINDOW, WINDOW))
        self._surprises = np.zeros(WINDOW)

    def learn(self, history: History) -> FittedGP:
        """Learn the posts of a history of at least one post, as its labels are now."""
        posts = history[_start(history.posted_at) :]
        first_new = self._unchanged(posts)
        self._posts = posts
        # A copy: a timeline writes better labels over earlier ones in place.
        self._labels = np.stack([posts.likes, posts.label_sd], axis=1)
        for i in range(first_new, len(posts)):
            self._add(posts, i)
        n = len(posts)
        return FittedGP(posts, self._whitening[:n, :n].T @ self._surprises[:n])

    def _unchanged(self, posts: History) -> int:
        """Return how many of the first posts are those that were learned, with the same labels."""
        learned = self._posts
        if learned is None:
            return 0
        n = min(len(learned), len(posts))
        same = (learned.posted_at[:n] == posts.posted_at[:n]) & (learned.sound[:n] == posts.sound[:n])
        same &= (self._labels[:n, 0] == posts.likes[:n]) & (self._labels[:n, 1] == posts.label_sd[:n])
        # Several posts of one second are told apart by what they measure; bits, as NaN equals nothing.
        same &= (learned.numbers[:n].view(np.int64) == posts.numbers[:n].view(np.int64)).all(axis=1)
        return n if same.all() else int(np.argmin(same))

    def _add(self, posts: History, i: int) -> None:
        """Learn post i after those before it: one step of a Cholesky factorisation and of its inverse."""
        up_to, content = posts[: i + 1], posts.content(i)
        level, alike = covariances(up_to, content, int(posts.posted_at[i]), lag=0)
        kernel = level + alike
        whitening, surprises = self._whitening[:i, :i], self._surprises[:i]
        explained = whitening @ kernel[:i]
        sd = math.sqrt(kernel[i] + 1 + posts.label_sd[i] ** 2 - float(explained @ explained))
        surprise = (float(posts.likes[i] - posts.likes[0]) - float(explained @ surprises)) / sd
        reach = _CLIP * math.sqrt((_PRIOR_POSTS + float(surprises @ surprises)) / (_PRIOR_POSTS + max(i - 1, 0)))
        self._whitening[i, :i] = explained @ whitening / -sd
        self._whitening[i, i] = 1 / sd
        self._surprises[i] = min(max(surprise, -reach), reach)


def gp_features(fitted: FittedGP, content: Content, publish_at: int, base: float) -> Floats:
    """Return the posterior mean for the draft relative to `base` (log likes), and its parts by content and by level.

    Returns (len(GP_FEATURES),).
    """
    level, alike = covariances(fitted.posts, content, publish_at)
    by_content = float(alike @ fitted.weights)
    by_level = float(level @ fitted.weights) + float(fitted.posts.likes[0]) - base
    return np.array([by_content + by_level, by_content, by_level])


def _start(posted_at: NDArray[np.int64]) -> int:
    """Return where the posts to learn begin: at the first, or after the longest pause in a full window's older half.

    A full window then begins anew only once in a while, and not with each post, which would relearn everything.
    """
    if len(posted_at) < WINDOW:
        return 0
    return 1 + int(np.argmax(np.diff(posted_at[: WINDOW // 2])))


def covariances(posts: History, content: Content, posted_at: int, lag: int = 1) -> tuple[Floats, Floats]:
    """Return the covariances (n,) of a post with n earlier ones, by level and content, `lag` posts after the last."""
    n = len(posts)
    variance, days = _SEASON
    apart = np.abs(posts.posted_at - posted_at) / DAY
    level = _DRIFT[lag : n + lag][::-1] + variance * np.exp(apart / -days)
    hour = np.exp(2 * np.cos(apart * (2 * math.pi)) - 2)
    distance = ((posts.numbers[:, _COLUMNS] - content.numbers[_COLUMNS]) / _WIDTHS) ** 2
    # no product of matrices: its bits would depend on how many posts there are
    measures = (np.where(np.isnan(distance), 0.0, np.exp(-0.5 * distance)) * _VARIANCES).sum(axis=1)
    sound = (posts.sound == content.sound) & (posts.sound != 0)
    caption = _CAPTION * np.exp(_SHARPNESS * (posts.text_similarity(content) - 1))
    meaning = _MEANING * np.exp(_SHARPNESS * (posts.topic_similarity(content) - 1))
    alike = caption + meaning + _HOUR * hour + measures + _SOUND * sound
    return level, alike * np.exp(apart / -_FADING)
