"""An account's track record: its forecasts against its recent average, with the sentences that creators read.

The sentences give counts and typical errors, and name no statistics. Whether a difference is more than chance is
decided by a sign test on pairs, which one viral post cannot sway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from scipy.special import bdtr

ENOUGH_POSTS = 8
"""Fewer posts allow no conclusion: chance alone would too often look like skill."""
EQUALLY_NEAR = 0.01
"""Two errors (shares of the likes) that differ by less count as equal."""
SIGNIFICANCE = 0.05
"""One-sided level of the sign test."""
MOST_SHOWN = 10.0
"""Errors beyond this share of the likes are shown as "more than" it."""


class Standing(StrEnum):
    """Postcast against the account's recent average."""

    TOO_EARLY = "too_early"
    BETTER = "better"
    UNCLEAR = "unclear"
    WORSE = "worse"


class Compared(NamedTuple):
    """A post with its forecast: the errors of the typical forecast and of the baseline, as shares of the likes."""

    error: float
    baseline_error: float
    within_interval: bool


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """An account's track record. Errors are medians, as shares of the likes; None without a post."""

    posts: int
    """Posts with measured likes; the other figures are over these."""
    estimated: int
    """Posts left out because their likes were only estimated."""
    nearer: int
    """Posts for which Postcast was nearer than the recent average."""
    farther: int
    within_interval: int
    error: float | None
    baseline_error: float | None

    @property
    def equally_near(self) -> int:
        """Posts for which neither was nearer."""
        return self.posts - self.nearer - self.farther

    @property
    def nearer_share(self) -> float | None:
        """Share of the posts for which the forecast was nearer than the baseline; None without posts."""
        return self.nearer / self.posts if self.posts else None

    @property
    def coverage(self) -> float | None:
        """Share of the posts that lay in the interval; None without posts."""
        return self.within_interval / self.posts if self.posts else None

    @property
    def standing(self) -> Standing:
        """Better or worse if the counts and the median errors agree, and the sign test is significant.

        The test is one-sided in either direction, without ties (Dixon and Mood, "The statistical sign test", 1946).
        """
        if self.posts < ENOUGH_POSTS or self.error is None or self.baseline_error is None:
            return Standing.TOO_EARLY
        decided = self.nearer + self.farther
        if _is_nearer(self.error, self.baseline_error) and bdtr(self.farther, decided, 0.5) < SIGNIFICANCE:
            return Standing.BETTER
        if _is_nearer(self.baseline_error, self.error) and bdtr(self.nearer, decided, 0.5) < SIGNIFICANCE:
            return Standing.WORSE
        return Standing.UNCLEAR

    @property
    def conclusion(self) -> str:
        """The standing in one sentence."""
        return CONCLUSIONS[self.standing]

    @property
    def record(self) -> str:
        """The figures in words, and the posts left out; empty without a post."""
        return f"{self._figures()} {self._left_out()}".strip()

    @property
    def sentence(self) -> str:
        """Conclusion and record."""
        return f"{self.conclusion} {self.record}".rstrip()

    def _figures(self) -> str:
        if self.error is None or self.baseline_error is None:
            return ""
        off_by = f"off by {_percent(self.error)}, your recent average by {_percent(self.baseline_error)}."
        if self.posts == 1:
            ended = "inside" if self.within_interval else "outside"
            return f"On {self._which_posts()}, Postcast was {off_by} It ended {ended} the range."
        return (
            f"Over {self._which_posts()}, Postcast was {_nearer(self.nearer)}{self._ties()}; "
            f"typically it was {off_by} "
            f"{self.within_interval or 'None'} of {self.posts} ended inside the range, which is meant for four in five."
        )

    def _which_posts(self) -> str:
        if self.estimated:
            return f"{self.posts} of your last {self.posts + self.estimated} posts with a forecast"
        if self.posts == 1:
            return "your only post with a forecast so far"
        return f"your last {self.posts} posts with a forecast"

    def _left_out(self) -> str:
        if not self.estimated:
            return ""
        if self.estimated == 1:
            return "One post is left out: its likes after a day were only estimated."
        return f"{self.estimated} posts are left out: their likes after a day were only estimated."

    def _ties(self) -> str:
        return f", and as near as it {_times(self.equally_near)}" if self.equally_near else ""


CONCLUSIONS = {
    Standing.TOO_EARLY: "It is too early to say how well Postcast does for you.",
    Standing.BETTER: "Postcast has been nearer to what your posts did than your recent average.",
    Standing.UNCLEAR: "So far there is no clear difference between Postcast and your recent average.",
    Standing.WORSE: "So far Postcast has done worse than your recent average: rely on the average rather than on it.",
}


def summarise(compared: Sequence[Compared], *, estimated: int = 0) -> TrackRecord:
    """Return the track record over measured posts, each once; `estimated` is the number of posts left out."""
    return TrackRecord(
        posts=len(compared),
        estimated=estimated,
        nearer=sum(_is_nearer(post.error, post.baseline_error) for post in compared),
        farther=sum(_is_nearer(post.baseline_error, post.error) for post in compared),
        within_interval=sum(post.within_interval for post in compared),
        error=median(post.error for post in compared) if compared else None,
        baseline_error=median(post.baseline_error for post in compared) if compared else None,
    )


def _is_nearer(error: float, other: float) -> bool:
    return error <= other - EQUALLY_NEAR


def _nearer(count: int) -> str:
    return f"nearer than your recent average {_times(count)}" if count else "never nearer than your recent average"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _percent(share: float) -> str:
    shown = f"{min(share, MOST_SHOWN) * 100:,.0f}\N{NO-BREAK SPACE}%"
    return f"more than {shown}" if share > MOST_SHOWN else shown
