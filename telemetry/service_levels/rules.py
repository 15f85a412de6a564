"""Prometheus' recording and alerting rules, from the service levels and the alerts."""

from typing import Any

from telemetry.service_levels.alerts import ALERTS
from telemetry.service_levels.levels import BUDGET_DAYS, BURNS, LEVELS, WINDOWS, Burn, Level

RUNBOOK = "docs/runbook.md"
EVALUATED_EVERY = "30s"
RECORDED = "level:bad:ratio_"
"""Before the window in the name of a recorded share of bad events."""
BUDGET_LEFT = "level:budget_left:ratio"

Rule = dict[str, Any]


def level_rules() -> dict[str, Any]:
    """Return the groups of recording rules, and of alerts on burn rates."""
    return {
        "groups": [
            {
                "name": "service levels",
                "interval": EVALUATED_EVERY,
                "rules": [rule for level in LEVELS for rule in _recorded(level)],
            },
            {
                "name": "error budgets",
                "interval": EVALUATED_EVERY,
                "rules": [rule for level in LEVELS for rule in _burns(level)],
            },
        ]
    }


def alert_rules() -> dict[str, Any]:
    """Return the group of the alerts on faults."""
    rules = [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.lasting,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook": runbook(alert.name)},
        }
        for alert in ALERTS
    ]
    return {"groups": [{"name": "faults", "interval": EVALUATED_EVERY, "rules": rules}]}


def runbook(alert: str) -> str:
    """Return where the runbook says what to do: its heading is the alert's name."""
    return f"{RUNBOOK}#{alert.lower()}"


def _recorded(level: Level) -> list[Rule]:
    labels = {"level": level.name}
    bad = [{"record": f"{RECORDED}{window}", "expr": level.ratio(window), "labels": labels} for window in WINDOWS]
    # a mean of half-hours with requests, so that Prometheus need not read thirty days of requests at once
    spent = f'avg_over_time({RECORDED}30m{{level="{level.name}"}}[{BUDGET_DAYS}d])'
    left = {"record": BUDGET_LEFT, "expr": f"1 - {spent} / {level.budget:g}", "labels": labels}
    return [*bad, left]


def _burns(level: Level) -> list[Rule]:
    fires = [(burn, burn.threshold(level)) for burn in BURNS]
    return [_burn(level, burn, threshold) for burn, threshold in fires if threshold is not None]


def _burn(level: Level, burn: Burn, threshold: float) -> Rule:
    name = f'{{level="{level.name}"}}'
    windows = (f"{RECORDED}{window}{name} > {threshold:g}" for window in (burn.long, burn.short))
    return {
        "alert": level.alert,
        "expr": " and ".join(windows),
        "labels": {"severity": burn.severity, "level": level.name, "burn": f"{burn.rate:g}", "window": burn.long},
        "annotations": {
            "summary": f"{level.title}: in {burn.long} the error budget burnt {burn.rate:g} times as fast as it may.",
            "promise": level.promise,
            "runbook": runbook(level.alert),
        },
    }
