"""Weeks and months of reports, in local days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class PeriodKind(StrEnum):
    """The length of a period."""

    WEEK = "week"
    """From Monday to Sunday."""
    MONTH = "month"
    """Of the calendar."""


@dataclass(frozen=True, slots=True)
class Period:
    """A week or a month by its first day."""

    kind: PeriodKind
    first: date

    @classmethod
    def around(cls, kind: PeriodKind, day: date) -> "Period":
        """Return the period that holds the day.

        >>> Period.around(PeriodKind.WEEK, date(2026, 11, 28)).first
        datetime.date(2026, 11, 23)
        """
        return cls(kind, day.replace(day=1) if kind is PeriodKind.MONTH else day - timedelta(days=day.weekday()))

    @classmethod
    def last_full(cls, kind: PeriodKind, today: date) -> "Period":
        """Return the latest period that is over."""
        return cls.around(kind, today).before

    @property
    def before(self) -> "Period":
        """The period before this one."""
        return Period.around(self.kind, self.first - timedelta(days=1))

    @property
    def after(self) -> "Period":
        """The period after this one."""
        return Period.around(self.kind, self.last + timedelta(days=1))

    @property
    def last(self) -> date:
        """The last day."""
        if self.kind is PeriodKind.WEEK:
            return self.first + timedelta(days=6)
        # 31 days on from a first is always in the month after
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return local midnights: the start, and the end, which is no part of the period."""
        end = self.last + timedelta(days=1)
        return datetime.combine(self.first, time(), zone), datetime.combine(end, time(), zone)
