"""Findings on the simulated creator's own posts: what goes with more likes, from how many posts, and how sure it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from numpy.typing import NDArray

from predictions.demo.account import DemoAccount
from predictions.engine import HORIZON, Draft, GlobalModel
from predictions.engine.advice.suggestions import columns_of
from predictions.engine.effects.account_effects import Contrasts
from predictions.engine.effects.design import TIME_WIDTH, time_design
from predictions.engine.effects.local_time import hours_of, local_seconds, weekdays_of
from predictions.engine.explanation import lever_columns
from predictions.engine.types import DAY, HOUR, Floats

_MONDAY = 4 * DAY
"""Local seconds of a Monday's start: 1970-01-01 was a Thursday."""
_TIMES = 3
_DAYPARTS = ((5, 11), (11, 15), (15, 18), (18, 23))
_LENGTHS = ((0, 15), (15, 30), (30, 3_601))
_FEWEST = 3
"""Posts on either side below which nothing is compared."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An effect on likes in per cent with its 80 % interval, and the probability that it is above zero."""

    words: str
    posts: int
    effect_pct: float
    low_pct: float
    high_pct: float
    chance: float

    @property
    def sureness(self) -> str:
        """Return the certainty of the sign, in words."""
        sure = max(self.chance, 1 - self.chance)
        if sure >= 0.95:
            return gettext("Very likely")
        if sure >= 0.85:
            return gettext("Likely")
        return gettext("Leaning") if sure >= 0.7 else gettext("Too early to say")


@dataclass(frozen=True, slots=True)
class Section:
    """The findings on one thing that a creator decides."""

    slug: str
    heading: str
    compared: str
    findings: list[Finding]


class Findings:
    """Compares groups of the posts whose first day is over; each comparison is of that one lever alone."""

    def __init__(self, model: GlobalModel, demo: DemoAccount) -> None:
        self.effects = demo.learned.effects
        self.posterior = demo.learned.posterior(model.effects)
        self.tag_names = demo.learned.tag_names
        over = [post for post in demo.history.posts if post.posted_at + HORIZON <= demo.learned.as_of]
        self.captions = [post.caption for post in over]
        self.seconds = np.array([post.duration_s for post in over])
        local = local_seconds(np.array([post.posted_at for post in over]), self.effects.zone, self.effects.offset)
        self.hours, self.weekdays = hours_of(local), weekdays_of(local)
        drafts = [Draft(post.posted_at, post.caption, post.duration_s, "", None) for post in over]
        self.rows = columns_of(self.effects, drafts)

    def best_times(self) -> list[Finding]:
        """Return the best hours of the week, one of a day, against the usual time; best first."""
        week = time_design(_MONDAY + HOUR * np.arange(7 * 24))
        differences = np.zeros((len(week), self.rows.shape[1]))
        differences[:, :TIME_WIDTH] = week - self.rows[:, :TIME_WIDTH].mean(axis=0)
        contrasts = self.posterior.contrast(differences)
        best: dict[int, int] = {}
        for hour in np.argsort(-contrasts.effect, kind="stable").tolist():
            best.setdefault(hour // 24, hour)
        chosen = list(best.values())[:_TIMES]
        words = [f"{WEEKDAYS[hour // 24]} {hour % 24:02}:00" for hour in chosen]
        apart = [np.abs(self.hours - hour % 24) for hour in chosen]
        posts = [int((np.minimum(each, 24 - each) <= 1.5).sum()) for each in apart]
        return self._told(differences[chosen], words, posts)

    @cached_property
    def sections(self) -> list[Section]:
        """When, how long, with what words and hashtags."""
        others = gettext("Against your other posts")
        return [
            Section("when", gettext("When"), others, self._groups(self._times())),
            Section("length", gettext("Length"), others, self._groups(self._lengths())),
            Section("words", gettext("Words"), gettext("With it, against without"), self._groups(self._words())),
            Section("hashtags", gettext("Hashtags"), gettext("With it, against without"), self._hashtags()),
        ]

    def _times(self) -> "Iterator[tuple[str, str, NDArray[np.bool_]]]":
        for start, end in _DAYPARTS:
            yield f"{start:02}:00–{end:02}:00", "post_hour", (self.hours >= start) & (self.hours < end)
        yield gettext("Saturday and Sunday"), "weekday", self.weekdays >= 5

    def _lengths(self) -> "Iterator[tuple[str, str, NDArray[np.bool_]]]":
        words = (gettext("Under 15 s"), gettext("15 to 29 s"), gettext("30 s and longer"))
        for text, (start, end) in zip(words, _LENGTHS, strict=True):
            yield text, "duration", (self.seconds >= start) & (self.seconds < end)

    def _words(self) -> "Iterator[tuple[str, str, NDArray[np.bool_]]]":
        yield gettext("A question"), "question", np.array([caption.questions > 0 for caption in self.captions])
        lengths = np.array([caption.length for caption in self.captions])
        yield gettext("A longer caption than usual"), "caption_length", lengths > np.median(lengths)

    def _groups(self, groups: "Iterator[tuple[str, str, NDArray[np.bool_]]]") -> list[Finding]:
        columns = lever_columns(len(self.tag_names))
        words, posts, differences = [], [], []
        for text, lever, chosen in groups:
            if min(chosen.sum(), (~chosen).sum()) < _FEWEST:
                continue
            difference, own = np.zeros(self.rows.shape[1]), columns[lever]
            difference[own] = self.rows[chosen][:, own].mean(axis=0) - self.rows[~chosen][:, own].mean(axis=0)
            words.append(text)
            posts.append(int(chosen.sum()))
            differences.append(difference)
        return self._told(np.array(differences).reshape(-1, self.rows.shape[1]), words, posts)

    def _hashtags(self) -> list[Finding]:
        if not self.tag_names:
            return []
        first = self.rows.shape[1] - len(self.tag_names)
        differences = np.eye(self.rows.shape[1])[first:]
        posts = [sum(tag in caption.hashtags for caption in self.captions) for tag in self.tag_names]
        found = self._told(differences, [f"#{tag}" for tag in self.tag_names], posts)
        return sorted(found, key=lambda finding: -finding.effect_pct)

    def _told(self, differences: Floats, words: list[str], posts: list[int]) -> list[Finding]:
        contrasts: Contrasts = self.posterior.contrast(differences)
        columns = (contrasts.effect, contrasts.quantile(0.1), contrasts.quantile(0.9))
        percents = [np.round(100 * np.expm1(column), 1).tolist() for column in columns]
        chances = contrasts.chance_above(0.0).tolist()
        return [Finding(*each) for each in zip(words, posts, *percents, chances, strict=True)]
