"""An account's track record: its forecasts against its recent average, with the sentences that creators read.

The sentences give counts and typical errors, and name no statistics. Whether a difference is more than chance is
decided by a sign test on pairs, which one viral post cannot sway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy, ngettext
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
        return str(CONCLUSIONS[self.standing])

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
        figures = {
            "posts": self._which_posts(),
            "error": _percent(self.error),
            "average": _percent(self.baseline_error),
            "inside": self.within_interval or gettext("None"),
            "judged": self.posts,
            "nearer": _nearer(self.nearer),
            "ties": self._ties(),
        }
        if self.posts == 1 and self.within_interval:
            words = gettext(
                "On %(posts)s, Postcast was off by %(error)s, your recent average by %(average)s. It ended inside the "
                "range."
            )
        elif self.posts == 1:
            words = gettext(
                "On %(posts)s, Postcast was off by %(error)s, your recent average by %(average)s. It ended outside the "
                "range."
            )
        else:
            words = gettext(
                "Over %(posts)s, Postcast was %(nearer)s%(ties)s; typically it was off by %(error)s, your recent "
                "average by %(average)s. %(inside)s of %(judged)s ended inside the range, which is meant for four in "
                "five."
            )
        return words % figures

    def _which_posts(self) -> str:
        if self.estimated:
            words = gettext("%(posts)s of your last %(all)s posts with a forecast")
            return words % {"posts": self.posts, "all": self.posts + self.estimated}
        if self.posts == 1:
            return gettext("your only post with a forecast so far")
        return ngettext(
            "your last %(posts)s post with a forecast", "your last %(posts)s posts with a forecast", self.posts
        ) % {"posts": self.posts}

    def _left_out(self) -> str:
        if not self.estimated:
            return ""
        if self.estimated == 1:
            return gettext("One post is left out: its likes after a day were only estimated.")
        return ngettext(
            "%(posts)s post is left out: its likes after a day were only estimated.",
            "%(posts)s posts are left out: their likes after a day were only estimated.",
            self.estimated,
        ) % {"posts": self.estimated}

    def _ties(self) -> str:
        if not self.equally_near:
            return ""
        return gettext(", and as near as it %(times)s") % {"times": _times(self.equally_near)}


CONCLUSIONS = {
    Standing.TOO_EARLY: gettext_lazy("It is too early to say how well Postcast does for you."),
    Standing.BETTER: gettext_lazy("Postcast has been nearer to what your posts did than your recent average."),
    Standing.UNCLEAR: gettext_lazy("So far there is no clear difference between Postcast and your recent average."),
    Standing.WORSE: gettext_lazy(
        "So far Postcast has done worse than your recent average: rely on the average rather than on it."
    ),
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
    if not count:
        return gettext("never nearer than your recent average")
    return gettext("nearer than your recent average %(times)s") % {"times": _times(count)}


def _times(count: int) -> str:
    if count <= 2:
        return gettext("once") if count == 1 else gettext("twice")
    return ngettext("%(number)s time", "%(number)s times", count) % {"number": count}


def _percent(share: float) -> str:
    whole = number_format(round(min(share, MOST_SHOWN) * 100), use_l10n=True, force_grouping=True)
    shown = f"{whole}\N{NO-BREAK SPACE}%"
    return gettext("more than %(percent)s") % {"percent": shown} if share > MOST_SHOWN else shown
