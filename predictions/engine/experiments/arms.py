"""The two arms of an experiment: what they are, in words, and whether a post followed one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from predictions.engine.effects.design import body_length
from predictions.engine.effects.local_time import hours_of, local_seconds
from predictions.engine.types import PublishedPost

FEATURES = ("post_time", "question", "caption_length", "emoji")
"""Features that an experiment can compare, named as in suggestions."""

_NEAR_HOURS = 1.5
"""A post so near to its hour (hours) was published at it."""
_LONGEST = 2000
_LEAST_RATIO = 1.5
"""Of two caption lengths: nearer ones cannot be told apart by those who write them."""


class ImpossibleArms(ValueError):
    """No two arms that could be compared; the message says why and what is expected."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Two values of a feature: local hours, characters of the caption without hashtags, or 0 (without) and 1 (with).

    >>> Arms("post_time", 12, 19).question
    'Do your posts do better at 19:00 than at 12:00?'
    """

    feature: str
    first: int
    second: int

    def __post_init__(self) -> None:
        low, high = min(self.first, self.second), max(self.first, self.second)
        if self.feature not in FEATURES:
            raise ImpossibleArms(f"“{self.feature}” is no feature; expected one of {', '.join(FEATURES)}.")
        if self.first == self.second:
            raise ImpossibleArms("Both arms are the same; expected two different values.")
        match self.feature:
            case "post_time":
                if low < 0 or high > 23:
                    raise ImpossibleArms("An hour is outside of the day; expected two whole local hours, 0 to 23.")
            case "caption_length":
                if low < 1 or high > _LONGEST or high < _LEAST_RATIO * low:
                    raise ImpossibleArms(
                        f"The lengths cannot be compared; expected 1 to {_LONGEST} characters, one at least "
                        f"{_LEAST_RATIO:g} times the other."
                    )
            case _:
                if (low, high) != (0, 1):
                    raise ImpossibleArms("The arms are 0 (without) and 1 (with); expected each of them once.")

    @property
    def question(self) -> str:
        """The question, in words."""
        return f"Do your posts do better {self.words(is_second=True)} than {self.words(is_second=False)}?"

    def value(self, *, is_second: bool) -> int:
        """Return the value of an arm."""
        return self.second if is_second else self.first

    def words(self, *, is_second: bool) -> str:
        """Return an arm in words, to follow "your posts"."""
        value = self.value(is_second=is_second)
        match self.feature:
            case "post_time":
                return f"at {value:02}:00"
            case "caption_length":
                return f"with about {value} characters"
            case "question":
                return "with a question" if value else "without a question"
            case _:
                return "with emoji" if value else "without emoji"

    def is_followed(self, post: PublishedPost, *, is_second: bool, zone: str, offset: int) -> bool:
        """Return whether a post has what its arm asks for; `zone` and `offset` as for `local_seconds`."""
        value, other = self.value(is_second=is_second), self.value(is_second=not is_second)
        match self.feature:
            case "post_time":
                hour = float(hours_of(local_seconds(np.array([post.posted_at]), zone, offset))[0])
                apart = abs(hour - value)
                return min(apart, 24 - apart) <= _NEAR_HOURS
            case "caption_length":
                length = body_length(post.caption) + 1
                return max(length / (value + 1), (value + 1) / length) < max(length / (other + 1), (other + 1) / length)
            case "question":
                return bool(post.caption.questions) == bool(value)
            case _:
                return bool(post.caption.emoji) == bool(value)


def moments_of(arms: Arms, day: date, *, zone: str, offset: int) -> tuple[datetime, datetime]:
    """Return when the two local hours of an experiment on `post_time` are on a local day, as UTC."""
    first, second = (_moment(day, hour, zone, offset) for hour in (arms.first, arms.second))
    return first, second


def _moment(day: date, hour: int, zone: str, offset: int) -> datetime:
    local = datetime.combine(day, time(hour))
    if zone:
        return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return local.replace(tzinfo=UTC) - timedelta(seconds=offset)
