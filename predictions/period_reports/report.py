"""The figures of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import TikTokAccount
from posts.models import Post
from posts.selectors import LatestCounts
from predictions.insights.sureness import Insight
from predictions.models import Outcome
from predictions.period_reports.periods import Period
from predictions.replays.record import percent

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


@dataclass(frozen=True, slots=True)
class ReportedPost:
    """A post of the period."""

    post: "WithAnnotations[Post, LatestCounts]"
    result: Outcome | None
    """Of its last forecast before publishing; None where there is none, or none yet."""
    against_usual: float | None
    """Its likes over the average of the five posts before it; None within its first day, or if too little is known."""


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """An account's period, as far as it is known at `as_of`."""

    account: TikTokAccount
    period: Period
    as_of: datetime
    is_over: bool
    posts: Sequence[ReportedPost]
    """Oldest first."""
    posts_before: int
    """Posts of the period before."""
    followers_start: int | None
    """The last count before the period; None where there was none."""
    followers_end: int | None
    """The last count before its end."""
    learned: Sequence[Insight]
    """Sure insights into the account's habits by now, at most one of a kind."""

    @property
    def results(self) -> list[Outcome]:
        """The posts that have a forecast and a result, by their outcomes."""
        return [each.result for each in self.posts if each.result is not None]

    @property
    def measured(self) -> list[Outcome]:
        """The results that forecasts may be judged by."""
        return [each for each in self.results if each.is_measured]

    @property
    def inside(self) -> int:
        """Measured results inside their ranges."""
        return sum(each.within_interval for each in self.measured)

    @property
    def error(self) -> float | None:
        """The median error of the typical forecast, as a share of the likes; None without a measured result."""
        return _median([each.typical_error for each in self.measured])

    @property
    def baseline_error(self) -> float | None:
        """The same of the average of the five posts before."""
        return _median([each.baseline_error for each in self.measured])

    @property
    def typical_likes(self) -> float | None:
        """The median of the likes that were forecast for the posts with a measured result."""
        return _median([each.prediction.typical for each in self.measured])

    @property
    def measured_likes(self) -> float | None:
        """The median of the likes that those posts had after 24 hours."""
        return _median([each.likes for each in self.measured])

    @property
    def followers_gained(self) -> int | None:
        """Followers at the end less those at the start; None where either is unknown."""
        if self.followers_start is None or self.followers_end is None:
            return None
        return self.followers_end - self.followers_start

    @property
    def likes(self) -> int | None:
        """Likes of the posts so far; None where none is known."""
        return _total([each.post.likes for each in self.posts])

    @property
    def views(self) -> int | None:
        """Views of the posts so far."""
        return _total([each.post.views for each in self.posts])

    @property
    def best(self) -> ReportedPost | None:
        """The post furthest above what was usual for it; None with fewer than two that can be compared."""
        return max(self._comparable, key=lambda each: each.against_usual or 0.0) if self._comparable else None

    @property
    def worst(self) -> ReportedPost | None:
        """The post furthest below what was usual for it."""
        return min(self._comparable, key=lambda each: each.against_usual or 0.0) if self._comparable else None

    @property
    def sentence(self) -> str:
        """The forecasts' record, in words."""
        measured = len(self.measured)
        if not measured:
            return _("No post of this time has a forecast with a measured result.")
        inside = ngettext(
            "%(inside)d of %(measured)d result was inside its range; ranges are meant to hold 4 in 5.",
            "%(inside)d of %(measured)d results were inside their ranges; ranges are meant to hold 4 in 5.",
            measured,
        ) % {"inside": self.inside, "measured": measured}
        if self.error is None or self.baseline_error is None:
            return inside
        off = _("Forecasts were typically off by %(error)s, the average of the five posts before by %(average)s.") % {
            "error": percent(self.error),
            "average": percent(self.baseline_error),
        }
        return f"{inside} {off}"

    @property
    def _comparable(self) -> list[ReportedPost]:
        comparable = [each for each in self.posts if each.against_usual is not None]
        return comparable if len(comparable) > 1 else []


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
