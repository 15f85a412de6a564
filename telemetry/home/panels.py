"""Panels of the staff's home page: each room registers its own, and says what of it is not well.

    @panel(permission="predictions.view_driftcheck", place=40)
    def drift(now: datetime) -> Panel:
        return Panel("Drift", lines=[Line("Last check", "10 minutes ago")], alarms=[...])

A panel reads sums and latest rows, never rows of people: the page is shown without a reason. Its queries are bounded
by `TIMEOUT_MS`; where it fails, the page says so in its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

import structlog
from django.db import connection, transaction

from telemetry.service_page.charts import Chart

log = structlog.get_logger(__name__)

TIMEOUT_MS = 2_000
"""Of each query of a panel."""


class Urgency(IntEnum):
    """How soon somebody has to act."""

    NOW = 1
    """People are without the service, or a promise to them is broken."""
    TODAY = 2
    """It gets worse if it is left."""
    SOON = 3


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is not well: a sentence, its figure, and the page on which to act."""

    urgency: Urgency
    sentence: str
    figure: str
    url: str
    action: str
    """Words of the link, e.g. "See the queues"."""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure in a panel."""

    label: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A field that leads to one person or one forecast."""

    label: str
    url: str
    hint: str


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A room's part of the page."""

    title: str
    lines: Sequence[Line] = ()
    alarms: Sequence[Alarm] = ()
    charts: Sequence[Chart] = ()
    links: Sequence[Link] = ()
    search: Search | None = None
    is_missing: bool = False
    """True where it could not be read."""


@dataclass(frozen=True, slots=True)
class Home:
    """The whole page: alarms by urgency, and the panels in their places."""

    alarms: list[Alarm]
    panels: list[Panel]


Draw = Callable[[datetime], Panel]


class Viewer(Protocol):
    """A person with permissions."""

    def has_perm(self, perm: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Registered:
    place: int
    permission: str
    draw: Draw


_registered: list[_Registered] = []


def panel(*, permission: str, place: int) -> Callable[[Draw], Draw]:
    """Return a decorator that shows a panel, in its place (lowest first), to staff who have the permission."""

    def register(draw: Draw) -> Draw:
        _registered.append(_Registered(place, permission, draw))
        return draw

    return register


def home_of(viewer: Viewer, now: datetime) -> Home:
    """Return what the person may see of the page."""
    chosen = [each for each in _registered if viewer.has_perm(each.permission)]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
        panels = [_drawn(each.draw, now) for each in sorted(chosen, key=lambda each: each.place)]
    alarms = [alarm for panel in panels for alarm in panel.alarms]
    return Home(sorted(alarms, key=lambda alarm: alarm.urgency), panels)


def _drawn(draw: Draw, now: datetime) -> Panel:
    """Return the panel; one that says so where it cannot be read: the others are needed all the more then."""
    try:
        with transaction.atomic():
            return draw(now)
    except Exception:
        log.exception("home_panel_failed", panel=draw.__name__)
        return Panel(draw.__name__.replace("_", " ").capitalize(), is_missing=True)
