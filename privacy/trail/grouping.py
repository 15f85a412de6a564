"""A person's trail by day: what the same actor did several times a day, for the same reason, is one line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Case, Count, F, Max, Min, QuerySet, Value, When
from django.db.models.functions import TruncDate

from privacy.models import AccessEvent
from privacy.trail.sentences import done_of, who_of

_Actor = AccessEvent.Actor
FIRST = (_Actor.STAFF, _Actor.SHELL, _Actor.MEMBER, _Actor.VISITOR)
"""People who looked stand above the service's own work of a day."""


@dataclass(slots=True)
class Entry:
    """What one actor did on a day, so many times; times are first and last."""

    done: str
    why: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What one kind of actor, or one member, did on a day, latest first."""

    who: str
    is_another_person: bool
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the current time zone."""

    day: date
    groups: Sequence[Group]


def days_with(events: QuerySet[AccessEvent]) -> QuerySet[AccessEvent, date]:
    """Return the days that have events, latest first."""
    return events.annotate(day=TruncDate("at")).order_by("-day").values_list("day", flat=True).distinct()


def days_of(
    events: QuerySet[AccessEvent], days: Sequence[date], members_of: Callable[[], Mapping[str, str]]
) -> list[Day]:
    """Return the events of these days, grouped by day and by who; `members_of` is asked only where members acted."""
    rows = (
        events.annotate(day=TruncDate("at"))
        .filter(day__in=days)
        .order_by("-day")
        .annotate(member=Case(When(actor_kind=_Actor.MEMBER, then=F("actor")), default=Value("")))
        .values("day", "actor_kind", "member", "action", "what", "why")
        .annotate(count=Count("pk"), first=Min("at"), last=Max("at"))
        .order_by("-day", "actor_kind", "member", "-last")
    )
    called = members_of() if any(row["member"] for row in rows) else {}
    shown = []
    for day, of_day in groupby(rows, key=lambda row: row["day"]):
        by_who = [(who, list(own)) for who, own in groupby(of_day, key=lambda row: (row["actor_kind"], row["member"]))]
        by_who.sort(key=lambda pair: pair[0][0] not in FIRST)
        groups = [
            Group(who_of(kind, called.get(member, "")), kind in FIRST, _merged(own)) for (kind, member), own in by_who
        ]
        shown.append(Day(day, groups))
    return shown


def _merged(rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Return the rows in words; those that read the same are one entry."""
    entries: dict[tuple[str, str], Entry] = {}
    for row in rows:
        done, why = done_of(row["action"], row["what"]), row["why"]
        entry = Entry(done, why, row["count"], row["first"], row["last"])
        if (same := entries.get((done, why))) is None:
            entries[done, why] = entry
        else:
            same.count += entry.count
            same.first, same.last = min(same.first, entry.first), max(same.last, entry.last)
    return sorted(entries.values(), key=lambda entry: entry.last, reverse=True)
