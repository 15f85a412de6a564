"""What a replay proves, with the sentences that creators read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TypedDict

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from predictions.engine.evaluation.account_replay import ReplayedPosts
from predictions.engine.types import HORIZON, MIN_HISTORY
from predictions.outcomes.track_record import ENOUGH_POSTS, MOST_SHOWN, Compared, Standing, TrackRecord, summarise


class ReplayedPost(TypedDict):
    """A post as a replay stores it; counts are likes after 24 hours."""

    post: str
    posted_at: str
    low: float
    typical: float
    high: float
    average: float
    likes: float
    measured: bool
    """False: worked out from a count at another age."""
    learned: bool
    """Whether the model had learned from the post."""


def replayed_posts(posts: ReplayedPosts, *, learned_until: int = 0) -> list[ReplayedPost]:
    """Return a replay's posts as it stores them; of an account that the model learned from until then (epoch s)."""
    learned = posts.posted_at + HORIZON <= learned_until
    return [
        {
            "post": str(posts.post_id[i]),
            "posted_at": datetime.fromtimestamp(int(posts.posted_at[i]), UTC).isoformat(),
            "low": round(float(posts.low[i]), 1),
            "typical": round(float(posts.typical[i]), 1),
            "high": round(float(posts.high[i]), 1),
            "average": round(float(posts.average[i]), 1),
            "likes": round(float(posts.likes[i]), 1),
            "measured": bool(posts.measured[i]),
            "learned": bool(learned[i]),
        }
        for i in range(len(posts))
    ]


def is_inside(post: ReplayedPost) -> bool:
    """Return whether the post ended in its range."""
    return post["low"] <= post["likes"] <= post["high"]


def missing_posts(replayed: int, history: int) -> int:
    """Return how many more posts it takes until a replay of so many posts says something; 0 when it does."""
    return max(0, ENOUGH_POSTS - replayed) + max(0, MIN_HISTORY - history)


@dataclass(frozen=True)
class ReplayRecord:
    """The figures of an account's replay. Posts without a like have no error as a share of it, and are left out."""

    posts: Sequence[ReplayedPost]
    history: int
    """Posts with a known first day."""

    @cached_property
    def judged(self) -> list[ReplayedPost]:
        """The posts that the figures are over."""
        return [post for post in self.posts if post["likes"] > 0]

    @cached_property
    def figures(self) -> TrackRecord:
        """The forecasts against the average of five, judged as forecasts that were asked for are."""
        return summarise(
            [
                Compared(
                    abs(post["typical"] - post["likes"]) / post["likes"],
                    abs(post["average"] - post["likes"]) / post["likes"],
                    is_inside(post),
                )
                for post in self.judged
            ]
        )

    @property
    def estimated(self) -> int:
        """Posts whose likes after 24 hours are worked out from a count at another age."""
        return sum(not post["measured"] for post in self.judged)

    @property
    def learned(self) -> int:
        """Posts that the model had learned from."""
        return sum(post["learned"] for post in self.judged)

    @property
    def missing(self) -> int:
        """Posts that are still lacking until the record says something; 0 when it does."""
        return missing_posts(len(self.judged), self.history)

    @property
    def sentence(self) -> str:
        """The record in one sentence, or what is missing."""
        figures = self.figures
        if self.missing or figures.error is None or figures.baseline_error is None:
            return self._too_few()
        return gettext(
            "Your last %(posts)d posts, replayed: inside the range %(times)s; typically missed by %(error)s, "
            "your average of five by %(average)s."
        ) % {
            "posts": figures.posts,
            "times": _times(figures.within_interval),
            "error": percent(figures.error),
            "average": percent(figures.baseline_error),
        }

    @property
    def verdict(self) -> str:
        """Who would have been nearer, plainly; empty while posts are too few."""
        if self.missing:
            return ""
        standing = self.figures.standing
        if standing == Standing.BETTER:
            return gettext("Postcast would have been nearer than your average of five.")
        if standing == Standing.WORSE:
            return gettext("Postcast would have done worse than your average of five: for now, rely on the average.")
        if (self.figures.error or 0) > (self.figures.baseline_error or 0):
            return gettext("Your average of five would have been a little nearer than Postcast. That can be chance.")
        return gettext("There is no clear difference between Postcast and your average of five.")

    @property
    def notes(self) -> list[str]:
        """What to know of the figures: ranges, estimates, and what the model had seen."""
        if self.missing:
            return []
        notes = [gettext("Each post is forecast from what was there before it. A range is meant for 4 posts in 5.")]
        if self.estimated:
            notes.append(
                ngettext(
                    "For %(number)d post the likes after 24 hours are worked out from a count at another age.",
                    "For %(number)d posts the likes after 24 hours are worked out from counts at another age.",
                    self.estimated,
                )
                % {"number": self.estimated}
            )
        if self.learned:
            notes.append(
                ngettext(
                    "The model that all accounts share has learned from %(number)d of these posts, among many others. "
                    "On it the model may look a little better than it is.",
                    "The model that all accounts share has learned from %(number)d of these posts, among many others. "
                    "On those it may look a little better than it is.",
                    self.learned,
                )
                % {"number": self.learned}
            )
        else:
            notes.append(gettext("The model that all accounts share has not learned from any of these posts."))
        return notes

    def _too_few(self) -> str:
        return ngettext(
            "Too few posts to replay: it takes %(enough)d that have %(before)d earlier ones. %(number)d more to go.",
            "Too few posts to replay: it takes %(enough)d that have %(before)d earlier ones. %(number)d more to go.",
            self.missing,
        ) % {"enough": ENOUGH_POSTS, "before": MIN_HISTORY, "number": self.missing}


def moment_of(post: ReplayedPost) -> datetime:
    """Return when the post was published."""
    return datetime.fromisoformat(post["posted_at"])


def percent(share: float) -> str:
    """Return an error in words: 38 %; beyond tenfold, more than 1,000 %."""
    whole = number_format(round(min(share, MOST_SHOWN) * 100), use_l10n=True, force_grouping=True)
    shown = f"{whole}\N{NO-BREAK SPACE}%"
    return gettext("more than %(percent)s") % {"percent": shown} if share > MOST_SHOWN else shown


def _times(count: int) -> str:
    if count == 0:
        return gettext("never")
    return ngettext("%(number)s time", "%(number)s times", count) % {"number": count}
