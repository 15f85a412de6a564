"""The service levels: what is promised, how it is counted, and when its error budget burns too fast.

After Google's *The Site Reliability Workbook*, chapter 5, "Alerting on SLOs" (multiwindow, multi-burn-rate alerts).
"""

from dataclasses import dataclass

BUDGET_DAYS = 30
"""An objective is kept, or not, over so many days."""
SECONDS = "postcast_request_seconds"
"""The histogram of requests by route, method and class of status (`telemetry.metrics.requests`)."""
HEALTH = "healthz|livez|readyz|metrics"
"""Routes that balancers and monitoring ask; nobody waits for them."""
FORECASTS = "(api/v1/)?predict"
"""Routes that answer a forecast to a program."""
LATENCY_S = "0.5"
"""A forecast is fast below that: a bucket of the histogram."""


@dataclass(frozen=True, slots=True)
class Level:
    """A promise about a share of events or items.

    Parameters
    ----------
    objective : share that must be good over `BUDGET_DAYS`; the rest is the error budget
    bad, total : PromQL of events that broke the promise and of all, with `$window` for the range
    """

    name: str
    title: str
    promise: str
    objective: float
    bad: str
    total: str

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.objective, 10)

    @property
    def alert(self) -> str:
        """The name of its alert, e.g. "AvailabilityBudgetBurns"."""
        return f"{self.name.capitalize()}BudgetBurns"

    def ratio(self, window: str) -> str:
        """PromQL of the share that was bad within the window; nothing where there was nothing to count.

        0 / 0 would be not a number, and so would each mean that it is part of.
        """
        return f"{self.bad} / ({self.total} > 0)".replace("$window", window)


@dataclass(frozen=True, slots=True)
class Burn:
    """An alert at a burn rate, over a long window, and a short one that ends it soon after the trouble.

    A budget that burns at rate 1 is used up after `BUDGET_DAYS`.
    """

    rate: float
    long: str
    short: str
    severity: str

    def threshold(self, level: Level) -> float | None:
        """Return the share of bad ones that fires; None where even all of them bad would not burn so fast."""
        share = round(self.rate * level.budget, 10)
        return share if share < 1 else None


BURNS = (
    Burn(14.4, "1h", "5m", "page"),  # 2 % of the budget in an hour
    Burn(6, "6h", "30m", "page"),  # 5 % in six hours
    Burn(1, "3d", "6h", "ticket"),  # 10 % in three days
)
WINDOWS = ("5m", "30m", "1h", "6h", "3d")


def _counted(name: str) -> tuple[str, str]:
    """PromQL of late and of all items, averaged over the window (`telemetry.service_levels.gauges`).

    Every server exports the same counts, so sums over servers leave the ratio as it is.
    """
    late, items = (
        f'sum(avg_over_time(postcast_level_{kind}{{level="{name}"}}[$window]))' for kind in ("late", "items")
    )
    return late, items


_ALL_FORECASTS = f'sum(rate({SECONDS}_count{{route=~"{FORECASTS}"}}[$window]))'

LEVELS = (
    Level(
        "availability",
        "Availability",
        "A request is answered, and not with a fault of ours (5xx).",
        0.999,
        # a status that was never answered has no series
        f'(sum(rate({SECONDS}_count{{route!~"{HEALTH}",status="5xx"}}[$window])) or vector(0))',
        f'sum(rate({SECONDS}_count{{route!~"{HEALTH}"}}[$window]))',
    ),
    Level(
        "latency",
        "Latency of forecasts",
        "A forecast over the API is answered in less than half a second (p95 < 500 ms).",
        0.95,
        f'({_ALL_FORECASTS} - sum(rate({SECONDS}_bucket{{route=~"{FORECASTS}",le="{LATENCY_S}"}}[$window])))',
        _ALL_FORECASTS,
    ),
    Level(
        "weights",
        "Freshness of weights",
        "An account's weights know its posts as they were ten minutes ago, and belong to the model that serves it.",
        0.99,
        *_counted("weights"),
    ),
    Level(
        "observations",
        "Observations on time",
        "A post's counts are read at 24 hours, at most half an hour late.",
        0.95,
        *_counted("observations"),
    ),
    Level(
        "erasures",
        "Erasures on time",
        "An erasure is done and verified within 25 hours of its begin: TikTok may stay silent for a day.",
        0.999,
        *_counted("erasures"),
    ),
    Level(
        "coverage",
        "Coverage of forecasts",
        "The 80 % interval holds what a post gets, at least three times in four (outcomes of the last seven days).",
        0.75,
        *_counted("coverage"),
    ),
)
