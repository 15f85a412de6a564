"""The page "Insights"."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from predictions.benchmarks.selectors import most_followers
from predictions.insights.charts import (
    EffectAxis,
    RangeRow,
    followers_chart,
    hours_by_clock,
    size_chart,
    week_chart,
)
from predictions.insights.habits import Section
from predictions.insights.services import LEAST_POSTS, AccountInsights, account_insights
from predictions.insights.sureness import Insight, Sureness, surest_first
from predictions.insights.words import SECTIONS, SURENESS, title_of
from privacy.consent.selectors import require
from privacy.purposes import Purpose

# SVG text does not reflow: phones get the same pictures narrower
SIZES = ((840, 220), (320, 200))


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


@require_safe
@login_required
def insights(request: SignedInRequest) -> HttpResponse:
    """Show what the chosen account's posts tell of its habits, and how the account stands."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    told, now = account_insights(user=request.user, account=chosen.account), timezone.now()
    context: dict[str, Any] = {
        "account": chosen.account,
        "accounts": linked,
        "told": told,
        "least_posts": LEAST_POSTS,
        "groups": [_group(told, section) for section in Section if told.of(section)],
        "highlights": _highlights(told),
    }
    if week := told.habits.week:
        context |= {
            "week_charts": [week_chart(week, is_wide=is_wide) for is_wide in (True, False)],
            "week_rows": hours_by_clock(week),
        }
    if followers := told.followers:
        charts = [followers_chart(followers, now, width=width, height=height) for width, height in SIZES]
        context |= {"followers": followers, "followers_charts": [chart for chart in charts if chart]}
    if benchmark := told.benchmark:
        you = told.habits.recent_likes
        context |= {
            "benchmark": benchmark,
            "most_followers": most_followers(benchmark.least_followers),
            "you": told.habits,
            "size_charts": [size_chart(benchmark, you, width=width) for width, _ in SIZES] if you is not None else [],
        }
    return render(request, "insights/insights.html", context)


def _highlights(told: AccountInsights) -> list[Row]:
    """Return the surest insight of each section that has a sure one."""
    best = [of_section[0] for of_section in map(told.of, Section) if of_section]
    return [row for row in map(_row, surest_first(best)) if _is_sure(row)]


def _group(told: AccountInsights, section: Section) -> Group:
    insights = told.of(section)
    axis = EffectAxis.of(insights)
    rows = [_row(each, axis) for each in insights]
    title, intro = SECTIONS[section]
    return Group(section, title, intro, axis, [r for r in rows if _is_sure(r)], [r for r in rows if not _is_sure(r)])


def _row(insight: Insight, axis: EffectAxis | None = None) -> Row:
    axis = axis or EffectAxis.of([insight])
    return Row(insight, SECTIONS[insight.section][0], title_of(insight), SURENESS[insight.sureness], axis.row(insight))


def _is_sure(row: Row) -> bool:
    return row.insight.sureness is not Sureness.UNKNOWN
