"""Habits as the page "Insights" shows them: by section, with what is surest first, and the week."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from predictions.insights.charts import EffectAxis, RangeRow, hours_by_clock, week_chart
from predictions.insights.habits import Section
from predictions.insights.services import Habits
from predictions.insights.sureness import Insight, Sureness, surest_first
from predictions.insights.words import SECTIONS, SURENESS, title_of


@dataclass(frozen=True, slots=True)
class Row:
    """An insight as a row of its section's table."""

    insight: Insight
    section: Promise
    title: str
    sureness: Promise
    chart: RangeRow


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the page: what is sure, and what cannot be told yet."""

    key: Section
    title: Promise
    intro: Promise
    axis: EffectAxis
    sure: list[Row]
    unknown: list[Row]


def what_habits_tell(habits: Habits) -> dict[str, Any]:
    """Return the sections, the highlights and the week, for the template."""
    told = {
        "groups": [_group(habits, section) for section in Section if habits.of(section)],
        "highlights": _highlights(habits),
    }
    if not habits.week:
        return told
    return told | {
        "week_charts": [week_chart(habits.week, is_wide=is_wide) for is_wide in (True, False)],
        "week_rows": hours_by_clock(habits.week),
    }


def _highlights(habits: Habits) -> list[Row]:
    """Return the surest insight of each section that has a sure one."""
    best = [of_section[0] for of_section in map(habits.of, Section) if of_section]
    return [row for row in map(_row, surest_first(best)) if _is_sure(row)]


def _group(habits: Habits, section: Section) -> Group:
    insights = habits.of(section)
    axis = EffectAxis.of(insights)
    rows = [_row(each, axis) for each in insights]
    title, intro = SECTIONS[section]
    return Group(section, title, intro, axis, [r for r in rows if _is_sure(r)], [r for r in rows if not _is_sure(r)])


def _row(insight: Insight, axis: EffectAxis | None = None) -> Row:
    axis = axis or EffectAxis.of([insight])
    return Row(insight, SECTIONS[insight.section][0], title_of(insight), SURENESS[insight.sureness], axis.row(insight))


def _is_sure(row: Row) -> bool:
    return row.insight.sureness is not Sureness.UNKNOWN
