"""A Gaussian process over one account's posts: several time scales, caption, hour, duration and sound.

Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), algorithm 2.1. Amplitudes are shares of the
account's own variance, the same for every account; what they say of one draft becomes features of the global model.
"""

import math

import numpy as np
from scipy.linalg.lapack import dposv

from predictions.engine.growth import Floats
from predictions.engine.history import CONTENT, Content, History
from predictions.engine.types import DAY

PROCESS_FEATURES = ("process_mean", "process_content", "process_level")
PROCESS_WINDOW = 128
"""Posts looked at: the cost of a forecast grows with its cube."""

# Shares of the variance, in round numbers: a level that drifts over a few, a few dozen and a few hundred posts,
# effects of content, and half left to chance.
_DRIFTS = ((0.08, 3.0), (0.15, 20.0), (0.3, 200.0))
_CONSTANT = 0.5
_CAPTION, _HOUR, _DURATION_SHARE, _SOUND, _CHANCE = 0.35, 0.04, 0.06, 0.08, 0.6
_DURATION = CONTENT.index("duration")


def _level_kernel(size: int) -> Floats:
    lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    kernel = np.full_like(lag, _CONSTANT)
    for share, scale in _DRIFTS:
        kernel += share * np.exp(lag / -scale)
    return kernel


_LEVEL = _level_kernel(PROCESS_WINDOW + 1)


def process_features(history: History, content: Content, publish_at: int, relative: Floats) -> Floats:
    """Posterior mean for the draft relative to the account's level, and its parts from content and from level.

    `relative` are the history's log likes less the base, newest first. Returns (len(PROCESS_FEATURES),).
    """
    n = min(len(history), PROCESS_WINDOW)
    values = relative[:n][::-1]
    variance = max(float(values.var()), 0.1)
    near = history[len(history) - n :]
    level = _LEVEL[: n + 1, : n + 1]
    alike = _content_kernel(near, content, publish_at)
    kernel = level + alike
    noise = _CHANCE + near.label_sd**2 / variance
    gram = kernel[:n, :n] + np.diag(noise)
    _, solved, _ = dposv(gram, values)
    by_content = float(alike[n, :n] @ solved)
    by_level = float(level[n, :n] @ solved)
    return np.array([by_content + by_level, by_content, by_level])


def _content_kernel(near: History, content: Content, publish_at: int) -> Floats:
    """(n + 1, n + 1): the posts, and the draft as the last row."""
    embedding = np.vstack([near.embedding, content.embedding]).astype(np.float32)
    cosine = (embedding @ embedding.T).astype(np.float64) / 127**2
    turn = (np.append(near.posted_at, publish_at) % DAY) * (2 * math.pi / DAY)
    east, north = np.cos(turn), np.sin(turn)
    hour = np.exp(2 * (np.outer(east, east) + np.outer(north, north) - 1))
    duration = np.append(near.numbers[:, _DURATION], content.numbers[_DURATION])
    unlike = np.nan_to_num(duration[:, None] - duration, nan=9.0)
    sound = np.append(near.sound, content.sound)
    same_sound = (sound[:, None] == sound) & (sound != 0)
    kernel: Floats = (
        _CAPTION * cosine + _HOUR * hour + _DURATION_SHARE * np.exp(-0.5 * (unlike / 0.5) ** 2) + _SOUND * same_sound
    )
    return kernel
