"""Charts that other apps add to the page: telemetry knows no model of forecasts.

@panel
def quality(days: Sequence[date]) -> Chart: ...
"""

from collections.abc import Callable, Sequence
from datetime import date

from telemetry.service_page.charts import Chart

Panel = Callable[[Sequence[date]], Chart]
_PANELS: list[Panel] = []


def panel(draw: Panel) -> Panel:
    """Register a function that draws a chart of the days (oldest first)."""
    _PANELS.append(draw)
    return draw


def panels(days: Sequence[date]) -> list[Chart]:
    """Return the charts of other apps."""
    return [draw(days) for draw in _PANELS]
