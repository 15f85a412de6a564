"""Grafana's dashboards: the service levels, and the service's work."""

from typing import Any

from telemetry.service_levels.levels import FORECASTS, LEVELS, SECONDS, Level
from telemetry.service_levels.rules import BUDGET_LEFT, RECORDED

SOURCE = {"type": "prometheus", "uid": "prometheus"}
STAGE_SECONDS = "postcast_request_stage_seconds"
SCHEMA_VERSION = 39
"""Of Grafana's JSON model (Grafana 10 and later)."""
COLUMNS = 24
HEIGHT = 8

Panel = dict[str, Any]
_LATENCIES = f'sum by (le) (rate({SECONDS}_bucket{{route=~"{FORECASTS}"}}[5m]))'


def levels_dashboard() -> dict[str, Any]:
    """Return a row for each level: the error budget left, and how fast it burns."""
    panels = [panel for level in LEVELS for panel in _panels_of(level)]
    return _dashboard("postcast-levels", "Postcast: service levels", panels, since="now-7d")


def work_dashboard() -> dict[str, Any]:
    """Return requests, queues, models and cost over time."""
    panels = [
        _series("Requests", {"{{status}}": _per_second(f"{SECONDS}_count", "status")}, "reqps"),
        _series(
            "Latency of forecasts",
            {f"p{percent}": f"histogram_quantile(0.{percent}, {_LATENCIES})" for percent in (50, 95, 99)},
            "s",
        ),
        _series(
            "Time of forecasts by stage, mean",
            {
                "{{stage}}": f'sum by (stage) (rate({STAGE_SECONDS}_sum{{route=~"{FORECASTS}"}}[5m]))'
                f' / on () group_left sum(rate({SECONDS}_count{{route=~"{FORECASTS}"}}[5m]))'
            },
            "s",
        ),
        _series("Tasks", {"{{result}}": _per_second("postcast_tasks_total", "result")}, "ops"),
        _series("Queues: messages", {"{{queue}}": "max by (queue) (postcast_queue_length)"}, "short"),
        _series("Queues: oldest message", {"{{queue}}": "max by (queue) (postcast_queue_oldest_seconds)"}, "s"),
        _series(
            "Left undone",
            {"failed tasks": "max(postcast_failed_tasks)", "unsent messages": "max(postcast_outbox_messages)"},
            "short",
        ),
        _series(
            "Database",
            {
                "queries": _per_second("django_db_query_duration_seconds_count"),
                "errors": _per_second("django_db_errors_total"),
            },
            "ops",
        ),
        _series(
            "Cache",
            {
                "hits": _per_second("django_cache_get_hits_total"),
                "misses": _per_second("django_cache_get_misses_total"),
            },
            "ops",
        ),
        _series("Refused by limits", {"{{limit}}": _per_second("postcast_rate_limited_total", "limit")}, "reqps"),
        _series(
            "Forecasts within their range",
            {"{{window}}": _latest("forecast_coverage_ratio", "window")},
            "percentunit",
        ),
        _series(
            "Error of forecasts, in promised deviations", {"{{window}}": _latest("forecast_error", "window")}, "short"
        ),
        _series("Observations: waiting longest", {"at {{age_h}} h": _latest("observation_lag_seconds", "age_h")}, "s"),
        _series("TikTok: calls left this minute", {"{{endpoint}}": _latest("tiktok_calls_left", "endpoint")}, "short"),
        _series("Erasures: oldest that is due", {"due": "max(postcast_erasure_lag_seconds)"}, "s"),
        _series("Drift of forecast errors", {"{{figure}}": "max by (figure) (postcast_drift_score)"}, "short"),
        _series("Suggestions: effectively different ones", {"variety": "max(postcast_suggestions_variety)"}, "short"),
        _series(
            "Suggestions of 180 days: share applied in posts",
            {
                "{{feature}}": f"{_latest('suggestions_applied', 'feature')}"
                f" / ({_latest('suggestions_given', 'feature')} > 0)"
            },
            "percentunit",
        ),
        _series(
            "Cost today, estimated",
            {"today": "max(postcast_cost_today_dollars)", "budget": "max(postcast_cost_budget_dollars)"},
            "currencyUSD",
        ),
        _series("Free space beside the ledger", {"free": "min(postcast_kept_free_ratio)"}, "percentunit"),
        _series(
            "Found in workers' memories",
            {
                f"{what}s": _found_share(f"postcast_{what}_memory_lookups_total")
                for what in ("caption", "token", "account")
            },
            "percentunit",
        ),
    ]
    return _dashboard("postcast-work", "Postcast: work", panels, since="now-6h")


def _panels_of(level: Level) -> list[Panel]:
    name = f'{{level="{level.name}"}}'
    left = {
        "type": "stat",
        "title": f"{level.title}: budget left",
        "description": f"{level.promise} Objective: {level.objective:.1%}.",
        "targets": [_target(BUDGET_LEFT + name, "")],
        "fieldConfig": {
            "defaults": {
                "unit": "percentunit",
                "thresholds": {
                    "mode": "absolute",
                    "steps": [
                        {"color": "red", "value": None},
                        {"color": "orange", "value": 0},
                        {"color": "green", "value": 0.25},
                    ],
                },
            },
            "overrides": [],
        },
    }
    rates = {window: f"{RECORDED}{window}{name} / {level.budget:g}" for window in ("1h", "6h", "3d")}
    return [left, _series(f"{level.title}: burn rate", rates, "short")]


def _per_second(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[5m]))"


def _latest(gauge: str, by: str) -> str:
    """PromQL of a gauge that every server tells alike."""
    return f"max by ({by}) (postcast_{gauge})"


def _found_share(lookups: str) -> str:
    return f'sum(rate({lookups}{{found="yes"}}[5m])) / sum(rate({lookups}[5m]))'


def _series(title: str, expressions: dict[str, str], unit: str) -> Panel:
    return {
        "type": "timeseries",
        "title": title,
        "targets": [
            _target(expression, legend, place) for place, (legend, expression) in enumerate(expressions.items())
        ],
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
    }


def _target(expression: str, legend: str, place: int = 0) -> dict[str, Any]:
    return {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend, "datasource": SOURCE}


def _dashboard(uid: str, title: str, panels: list[Panel], *, since: str) -> dict[str, Any]:
    """Return the dashboard with its panels in two columns."""
    width = COLUMNS // 2
    placed = [
        {
            "id": number + 1,
            "datasource": SOURCE,
            "gridPos": {"x": number % 2 * width, "y": number // 2 * HEIGHT, "w": width, "h": HEIGHT},
            **panel,
        }
        for number, panel in enumerate(panels)
    ]
    return {
        "uid": uid,
        "title": title,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "timezone": "utc",
        "refresh": "1m",
        "time": {"from": since, "to": "now"},
        "tags": ["postcast"],
        "panels": placed,
    }
