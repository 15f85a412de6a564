"""Simulated posts and their counts: plain NumPy, a function of (seed, creator, post) alone.

A post's final likes are exp(level + effects + noise), its counts at an age that times the growth fraction, rounded by
a number drawn once per post, so that counts never fall. Posts come in blocks: block 0 is the history before the epoch,
every later block covers BLOCK_DAYS, so that creators keep publishing for as long as the sandbox runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator
from tests.sandbox.simulation.effects import Content, Floats, Ints, Shift, effects
from tests.sandbox.simulation.growth import DAY, HOUR, fraction

BLOCK_DAYS = 90
MIN_SPACING_S = 60
COUNTS = ("likes", "comments", "shares", "views")
_WEEKS_BEFORE, _WEEKS_AFTER = 520, 1040  # how far the level's random walk is drawn around the epoch
_QUESTIONS_COMMENTS = 0.35  # log units more comments under a question


@dataclass(frozen=True)
class Posts:
    """n posts of one creator, oldest first."""

    ids: Ints
    posted_at: Ints  # seconds since 1970 (UTC)
    captions: list[str]
    content: Content
    noise: Floats  # log units on the final likes
    tau_h: Floats  # time scale of growth, hours
    ratio_noise: Floats  # (n, 3): log units on comments, shares, views
    rounding: Floats  # (n, 4), 0..1

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.intp]) -> "Posts":
        """Return the posts in these rows, in this order."""
        content = Content(
            self.content.duration_s[rows],
            self.content.text[rows],
            [self.content.tags[row] for row in rows],
            self.content.cover[rows],
        )
        return Posts(
            self.ids[rows],
            self.posted_at[rows],
            [self.captions[row] for row in rows],
            content,
            self.noise[rows],
            self.tau_h[rows],
            self.ratio_noise[rows],
            self.rounding[rows],
        )


def join(parts: Sequence[Posts]) -> Posts:
    """Return all posts of the parts, oldest first."""
    content = Content(
        np.concatenate([part.content.duration_s for part in parts]),
        np.concatenate([part.content.text for part in parts]),
        [tags for part in parts for tags in part.content.tags],
        np.concatenate([part.content.cover for part in parts]),
    )
    posts = Posts(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.posted_at for part in parts]),
        [caption for part in parts for caption in part.captions],
        content,
        np.concatenate([part.noise for part in parts]),
        np.concatenate([part.tau_h for part in parts]),
        np.concatenate([part.ratio_noise for part in parts]),
        np.concatenate([part.rounding for part in parts]),
    )
    return posts.take(np.argsort(posts.posted_at, kind="stable"))


class Simulator:
    """The posts of creators around an epoch (a UTC midnight, in seconds since 1970)."""

    def __init__(self, seed: int, epoch: int) -> None:
        if epoch % DAY:
            raise ValueError(f"the epoch must be a UTC midnight in seconds since 1970, not {epoch}")
        self.seed = seed
        self.epoch = epoch
        self._blocks: dict[tuple[int, int], Posts] = {}
        self._histories: dict[tuple[int, int], tuple[Posts, Ints]] = {}

    def block(self, creator: Creator, number: int) -> Posts:
        """Return block 0, the history before the epoch, or block k, the k-th BLOCK_DAYS days after it. Cached."""
        key = (creator.index, number)
        if key not in self._blocks:
            self._blocks[key] = self._make_block(creator, number)
        return self._blocks[key]

    def history(self, creator: Creator, last: int) -> tuple[Posts, Ints]:
        """Return the posts of the blocks up to the last one, oldest first, and their final counts. Cached."""
        key = (creator.index, last)
        if key not in self._histories:
            posts = join([self.block(creator, number) for number in range(last + 1)])
            self._histories[key] = posts, self.finals(creator, posts)
        return self._histories[key]

    def _make_block(self, creator: Creator, number: int) -> Posts:
        rng = np.random.default_rng([self.seed, creator.index, 2, number])
        days = _history_days(rng, creator) if number == 0 else _future_days(rng, creator, number)
        return self._compose(rng, creator, self._times(rng, creator, days))

    def block_number(self, at: float) -> int:
        """Return the number of the block that contains a moment."""
        return 0 if at < self.epoch else int((at - self.epoch) // (BLOCK_DAYS * DAY)) + 1

    def published(
        self, creator: Creator, post_id: int, *, caption: str, duration_s: int, posted_at: int, cover: Sequence[float]
    ) -> Posts:
        """Return one post published through the control API, with noise drawn from its id."""
        rng = np.random.default_rng([self.seed, creator.index, 3, post_id])
        content = content_of([caption], [duration_s], [cover])
        ids, times = np.array([post_id], np.int64), np.array([posted_at], np.int64)
        return Posts(ids, times, [caption], content, *draw_noise(rng, creator, 1))

    def location(self, creator: Creator, content: Content, posted_at: Ints, shifts: Sequence[Shift] = ()) -> Floats:
        """Return the log of the final likes before noise, for n posts."""
        level_shift, hour_shift = _shifted(creator, posted_at, shifts)
        parts = effects(creator.audience, content, posted_at, hour_shift)
        drift = self.level_drift(creator, posted_at)
        return np.asarray(creator.level + drift + level_shift + sum(parts.values()), float)

    def level_drift(self, creator: Creator, at: Ints) -> Floats:
        """Return the random walk of the creator's level, in log units relative to the epoch."""
        rng = np.random.default_rng([self.seed, creator.index, 4])
        walk = np.concatenate([[0.0], np.cumsum(rng.normal(0, creator.walk_sd, _WEEKS_BEFORE + _WEEKS_AFTER))])
        # bounded softly, so that a decade of steps cannot turn thousands of likes into billions
        walk = 1.5 * np.tanh((walk - walk[_WEEKS_BEFORE]) / 1.5)
        weeks = np.arange(-_WEEKS_BEFORE, _WEEKS_AFTER + 1)
        return np.asarray(np.interp((at - self.epoch) / (7 * DAY), weeks, walk), float)

    def finals(self, creator: Creator, posts: Posts, shifts: Sequence[Shift] = ()) -> Ints:
        """Return final likes, comments, shares and views of n posts: (n, 4)."""
        log_likes = self.location(creator, posts.content, posts.posted_at, shifts) + posts.noise
        return final_counts(creator, log_likes, posts.content.text[:, 1], posts.ratio_noise, posts.rounding)

    def _times(self, rng: np.random.Generator, creator: Creator, days: Ints) -> Ints:
        """Draw a moment for each day (counted from the epoch), near the creator's usual hours."""
        habits = np.array(creator.habit_hours)[rng.integers(0, 2, len(days))]
        local_h = np.where(rng.random(len(days)) < 0.25, rng.uniform(7, 24, len(days)), habits)
        utc_h = (local_h + rng.normal(0, 1.2, len(days)) - creator.audience.utc_offset_h) % 24
        times = np.sort(self.epoch + days * DAY + (utc_h * HOUR).astype(np.int64))
        steps = np.arange(len(times)) * MIN_SPACING_S
        return np.asarray(np.maximum.accumulate(times - steps) + steps, np.int64)

    def _compose(self, rng: np.random.Generator, creator: Creator, times: Ints) -> Posts:
        """Draw posts published at these times."""
        n = len(times)
        topic, moody = captions.TOPICS[creator.topic], creator.topic not in captions.NOT_LATIN
        texts = [
            captions.write(rng, topic, _choose_tags(rng, topic.tags), wordy=creator.wordy, moody=moody)
            for _ in range(n)
        ]
        duration_s = np.clip(np.exp(rng.normal(np.log(creator.usual_duration_s), 0.5, n)), 3, 600).astype(np.int64)
        content = content_of(texts, duration_s, rng.beta(2.2, 2.2, (n, 3)))
        # as TikTok's ids: the second of publishing in the upper half, random bits in the lower
        ids = (times << 32) | rng.integers(0, 1 << 32, n, dtype=np.int64)
        return Posts(ids, times, texts, content, *draw_noise(rng, creator, n))


def content_of(
    texts: list[str], duration_s: Sequence[int] | Ints, cover: Sequence[Sequence[float]] | Floats
) -> Content:
    """Return the content of posts with these captions, durations (s) and covers (three values of 0..1)."""
    text = np.array([captions.measure(caption) for caption in texts], float).reshape(len(texts), 3)
    tags = [captions.hashtags(caption) for caption in texts]
    return Content(np.asarray(duration_s, np.int64), text, tags, np.asarray(cover, float).reshape(len(texts), 3))


def draw_noise(rng: np.random.Generator, creator: Creator, n: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw the random part of n posts: noise, growth time scale (hours), noise of the ratios, rounding.

    The noise is a Student t with five degrees of freedom, clipped at 3.5 sd, plus for a few posts a viral lift of
    about one log unit, capped at three: heavy tails with finite means.
    """
    core = np.clip(rng.standard_t(5, n) / np.sqrt(5 / 3), -3.5, 3.5) * creator.noise_sd
    viral = (rng.random(n) < creator.viral_share) * np.minimum(rng.exponential(1.1, n), 3.0)
    tau_h = creator.tau_h * np.exp(rng.normal(0, creator.speed_sd, n))
    steady = creator.noise_sd == 0
    ratio_noise = rng.normal(0, [0.6, 0.7, 0.25], (n, 3)) * (not steady)
    rounding = np.full((n, 4), 0.0) if steady else rng.random((n, 4))
    return core + viral, tau_h, ratio_noise, rounding


def final_counts(creator: Creator, log_likes: Floats, asks: Floats, ratio_noise: Floats, rounding: Floats) -> Ints:
    """Return final likes, comments, shares and views (n, 4) of posts with exp(log_likes) likes before rounding."""
    likes = np.exp(log_likes)
    comments = likes * creator.comment_rate * np.exp(ratio_noise[:, 0] + _QUESTIONS_COMMENTS * asks)
    shares = likes * creator.share_rate * np.exp(ratio_noise[:, 1])
    views = np.maximum(likes / creator.like_rate * np.exp(ratio_noise[:, 2]), likes + 1)
    return np.floor(np.stack([likes, comments, shares, views], axis=1) + rounding).astype(np.int64)


def counts_at(finals: Ints, posted_at: Ints, tau_h: Floats, at: Floats | float) -> Ints:
    """Return counts (n, 4) at a moment (or one per post) from final counts, publishing times and time scales."""
    share = fraction((at - posted_at) / HOUR, tau_h)
    return np.floor(finals * share[:, None] + 1e-9).astype(np.int64)


def _history_days(rng: np.random.Generator, creator: Creator) -> Ints:
    """Draw the days before the epoch, as negative numbers, one per post of the history."""
    rate = max(creator.posts_per_day, 0.1)
    back = np.cumsum(rng.gamma(0.8, 1 / (0.8 * rate), creator.history_posts))
    back[len(back) // 2 :] += creator.gap_years * 365
    return -1 - np.floor(back).astype(np.int64)


def _future_days(rng: np.random.Generator, creator: Creator, number: int) -> Ints:
    """Draw the days of a later block, counted from the epoch, one per post."""
    count = int(rng.poisson(creator.posts_per_day * BLOCK_DAYS))
    return rng.integers(0, BLOCK_DAYS, count) + (number - 1) * BLOCK_DAYS


def _choose_tags(rng: np.random.Generator, own: tuple[str, ...]) -> tuple[str, ...]:
    """Draw a few hashtags of the topic, the first ones more often, and some popular ones."""
    weights = 1 / np.arange(1, len(own) + 1)
    count = int(rng.integers(0, 5))
    chosen = rng.choice(len(own), size=count, replace=False, p=weights / weights.sum())
    popular = [tag for tag, chance in zip(captions.POPULAR_TAGS, rng.random(6), strict=True) if chance < 0.15]
    return (*[own[row] for row in chosen], *popular)


def _shifted(creator: Creator, posted_at: Ints, shifts: Sequence[Shift]) -> tuple[Floats, Floats]:
    """Return the sum of shifts of the level and of the best hour for posts published at these times."""
    level, hours = np.zeros(len(posted_at)), np.zeros(len(posted_at))
    for shift in shifts:
        affected = (posted_at >= shift.since) & (shift.creator in ("", creator.handle))
        level += shift.level * affected
        hours += shift.hours * affected
    return level, hours
