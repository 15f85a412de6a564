"""deploy/monitoring is what the code renders, Prometheus and Alertmanager take it, and alerts fire when they should."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

import telemetry.metrics.requests  # noqa: F401 - servers load it when they start
from telemetry.metrics import figures
from telemetry.service_levels.alerts import ALERTS
from telemetry.service_levels.files import FOLDER, monitoring_files
from telemetry.service_levels.levels import BURNS, FORECASTS, HEALTH, LEVELS, WINDOWS, Level
from telemetry.service_levels.rules import RUNBOOK, alert_rules, level_rules
from tests.factories import ForecastErrorFactory

MONITORING = Path(settings.BASE_DIR, FOLDER)
PROMETHEUS_OWN = {"up"}
"""Prometheus makes it itself for each target."""


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        package = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}[name]
        pytest.skip(f"{name} is not installed (Debian's package {package})")
    return path


def rules() -> list[dict[str, Any]]:
    return [
        rule for document in (level_rules(), alert_rules()) for group in document["groups"] for rule in group["rules"]
    ]


def dashboards() -> Iterator[dict[str, Any]]:
    for path, text in monitoring_files().items():
        if path.suffix == ".json":
            yield json.loads(text)


def expressions() -> list[str]:
    targets = [target for board in dashboards() for panel in board["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + [target["expr"] for target in targets]


def test_the_committed_files_are_what_is_rendered(tmp_path: Path, settings) -> None:
    call_command("monitoring")
    committed = {path.relative_to(settings.BASE_DIR) for path in MONITORING.rglob("*") if path.is_file()}
    assert committed == {Path(path) for path in monitoring_files()}
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="is not what is rendered"):
        call_command("monitoring")
    call_command("monitoring", write=True)
    call_command("monitoring")


@pytest.mark.django_db
def test_every_metric_is_exported_or_recorded() -> None:
    get_resolver().url_patterns  # noqa: B018 - loads every view, and with it its metrics
    ForecastErrorFactory(due_at=timezone.now() - timedelta(days=1), age_h=24)
    # in the cache, whose own metrics are loaded with it
    figures.compute()
    families = [*REGISTRY.collect(), *figures.Figures().collect()]
    exported = {name for family in families for name in _series_of(family.name, family.type)} | PROMETHEUS_OWN
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for expression in expressions():
        used = metrics_in(expression)
        assert used, expression
        assert used <= exported | recorded, (expression, used - exported - recorded)


def test_levels_count_the_routes_that_they_mean() -> None:
    """A route in the metrics is the pattern of the address (`telemetry.requests.middleware`)."""
    for address in ("/predict", "/api/v1/predict"):
        assert re.fullmatch(FORECASTS, resolve(address).route)
        assert not re.fullmatch(HEALTH, resolve(address).route)
    for name in ("healthz", "livez", "readyz", "metrics"):
        assert re.fullmatch(HEALTH, resolve(reverse(f"telemetry:{name}")).route)


def metrics_in(expression: str) -> set[str]:
    """Return the names in PromQL that stand for metrics: none of functions, labels, keywords, texts and durations."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\b(by|without) \([^)]*\)', "", expression)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    names = re.findall(r"[a-zA-Z_:][\w:]*(?!\w*\s*\()\b", bare)
    return {name for name in names if "_" in name or ":" in name or name == "up"} - {
        "histogram_quantile",
        "avg_over_time",
        "group_left",
    }


def _series_of(name: str, kind: str) -> set[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}
    return {name + ending for ending in endings.get(kind, ("",))}


def test_metrics_are_found_in_an_expression() -> None:
    told = 'max by (queue) (postcast_a{level="b_c"}) / sum(rate(django_d_total[5m])) > up and level:bad:ratio_1h'
    assert metrics_in(told) == {"postcast_a", "django_d_total", "up", "level:bad:ratio_1h"}


def test_every_alert_links_to_its_entry_in_the_runbook() -> None:
    text = Path(settings.BASE_DIR, RUNBOOK).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", line.strip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    links = {rule["alert"]: rule["annotations"]["runbook"] for rule in rules() if "alert" in rule}
    assert set(links) == {alert.name for alert in ALERTS} | {level.alert for level in LEVELS}
    for alert, link in links.items():
        page, _, heading = link.partition("#")
        assert page == RUNBOOK
        assert heading in headings, alert


@given(objective=st.floats(0.01, 0.9999))
def test_a_burn_rate_alerts_only_where_it_can_be_reached(objective: float) -> None:
    level = Level("x", "X", "Works.", objective, "bad", "total")
    for burn in BURNS:
        threshold = burn.threshold(level)
        reachable = round(burn.rate * level.budget, 10) < 1
        assert (threshold is not None) == reachable
        assert threshold is None or 0 < threshold < 1


def test_every_level_has_an_alert_and_its_windows_are_recorded() -> None:
    alerts = {rule["labels"]["level"] for rule in rules() if "alert" in rule and "level" in rule["labels"]}
    assert alerts == {level.name for level in LEVELS}
    assert {window for burn in BURNS for window in (burn.long, burn.short)} == set(WINDOWS)


def test_dashboards_have_places_and_names_of_their_own() -> None:
    boards = list(dashboards())
    assert len({board["uid"] for board in boards}) == len(boards)
    for board in boards:
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        assert len(set(places)) == len(places) == len({panel["id"] for panel in board["panels"]})
        for panel in board["panels"]:
            assert panel["targets"]
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def run(*command: str, folder: Path = MONITORING) -> None:
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_prometheus_takes_rules_and_queries(tmp_path: Path) -> None:
    promtool = program("promtool")
    run(promtool, "check", "config", "--syntax-only", "prometheus.yml")
    run(promtool, "check", "rules", "rules/service-levels.yml", "rules/faults.yml")
    # a dashboard's queries, as rules
    queries = [{"record": f"query:{number}", "expr": each} for number, each in enumerate(expressions())]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": queries}]}))
    run(promtool, "check", "rules", "queries.yml", folder=tmp_path)


def test_alertmanager_takes_its_file_and_sends_pages_and_tickets_apart() -> None:
    amtool = program("amtool")
    run(amtool, "check-config", "alertmanager.yml")
    for severity, receiver in (("page", "pages"), ("ticket", "tickets")):
        command = [amtool, "config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}"]
        answer = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == receiver


SECONDS = "postcast_request_seconds"


def requests_of(status: str, per_minute: str, route: str = "accounts/") -> dict[str, str]:
    return {"series": f'{SECONDS}_count{{route="{route}",status="{status}",method="POST"}}', "values": per_minute}


def forecasts(below: str, all_of_them: str) -> list[dict[str, str]]:
    return [
        {"series": f'{SECONDS}_bucket{{route="api/v1/predict",status="2xx",le="0.5"}}', "values": below},
        {"series": f'{SECONDS}_count{{route="api/v1/predict",status="2xx"}}', "values": all_of_them},
    ]


def level(name: str, items: int, late: int) -> list[dict[str, str]]:
    return [
        {"series": f'postcast_level_items{{level="{name}"}}', "values": f"{items}x400"},
        {"series": f'postcast_level_late{{level="{name}"}}', "values": f"{late}x400"},
    ]


def gauges(**values: float) -> list[dict[str, str]]:
    """Series that stay as they are; the first label of queues and instances is told after two underscores."""
    return [{"series": _series(name), "values": f"{value:g}x400"} for name, value in values.items()]


def _series(name: str) -> str:
    metric, _, label = name.partition("__")
    key = "queue" if "queue" in metric else "instance"
    labels = ([f'{key}="{label}"'] if label else []) + (['job="postcast"'] if metric == "up" else [])
    return f"{metric}{{{','.join(labels)}}}"


WELL = gauges(
    up__a=1, up__b=0, postcast_queue_oldest_seconds__interactive=59, postcast_queue_oldest_seconds__learning=599,
    postcast_failed_tasks=0, postcast_outbox_oldest_seconds=0, postcast_retention_late_rules=0,
    postcast_kept_free_ratio=0.5, postcast_drift_open_alarms=0, postcast_drift_checked_timestamp_seconds=9_000,
    postcast_beat_heartbeat_timestamp_seconds=11_950,
    postcast_trail_anchored_timestamp_seconds=9_000, postcast_suggestions_switched_off=0,
    postcast_suggestions_variety_alarms=0, postcast_cost_today_dollars=20, postcast_cost_budget_dollars=200,
)  # fmt: skip
ILL = gauges(
    up__a=0, up__b=0, postcast_queue_oldest_seconds__interactive=61, postcast_queue_oldest_seconds__learning=601,
    postcast_failed_tasks=1, postcast_outbox_oldest_seconds=61, postcast_retention_late_rules=2,
    postcast_kept_free_ratio=0.05, postcast_drift_open_alarms=1, postcast_drift_checked_timestamp_seconds=1_000,
    postcast_beat_heartbeat_timestamp_seconds=11_000,
    postcast_trail_anchored_timestamp_seconds=100, postcast_suggestions_switched_off=1,
    postcast_suggestions_variety_alarms=1, postcast_cost_today_dollars=201, postcast_cost_budget_dollars=200,
)  # fmt: skip
ALL_FAULTS = {(alert.name, "") for alert in ALERTS}
SLOW, STEADY, FAST = "1", "6", "14.4"
"""Burn rates."""


def burning(**rates: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(f"{name.capitalize()}BudgetBurns", rate) for name, of_level in rates.items() for rate in of_level}


CASES: dict[str, tuple[list[dict[str, str]], set[tuple[str, str]]]] = {
    "nothing is wrong": (
        [
            *WELL, {"series": 'postcast_breaker_opened_total{host="open.tiktokapis.com"}', "values": "0+1x20 20x380"},
            requests_of("2xx", "0+199900x400"), requests_of("5xx", "0+100x400"),
            requests_of("5xx", "0+999900x400", "readyz"), *forecasts("0+96x400", "0+100x400"),
            *level("weights", 1000, 5), *level("observations", 100, 4), *level("erasures", 20, 0),
            *level("coverage", 100, 20),
        ],
        set(),
    ),
    "nothing is right": (
        [
            *ILL, {"series": 'postcast_breaker_opened_total{host="open.tiktokapis.com"}', "values": "0+1x400"},
            requests_of("2xx", "0+9800x400"), requests_of("5xx", "0+200x400"),
            *forecasts("0+20x400", "0+100x400"),
            *level("weights", 1000, 500), *level("observations", 100, 80), *level("erasures", 20, 1),
            *level("coverage", 100, 40),
        ],
        ALL_FAULTS | burning(
            availability=(SLOW, STEADY, FAST), latency=(SLOW, STEADY, FAST), weights=(SLOW, STEADY, FAST),
            observations=(SLOW, STEADY, FAST), erasures=(SLOW, STEADY, FAST), coverage=(SLOW,),
        ),
    ),
    "a budget burns twice as fast as it may, or eight times": (
        [
            *WELL, requests_of("2xx", "0+99800x400"), requests_of("5xx", "0+200x400"),
            *forecasts("0+90x400", "0+100x400"),
            *level("weights", 1000, 80), *level("observations", 100, 40),
        ],
        burning(availability=(SLOW,), latency=(SLOW,), weights=(SLOW, STEADY), observations=(SLOW, STEADY)),
    ),
    # the windows of five minutes are quiet again
    "the faults ended ten minutes ago": (
        [*WELL, requests_of("2xx", "0+98x400"), requests_of("5xx", "0+2x190 380x210")],
        burning(availability=(SLOW, STEADY)),
    ),
    "nobody asks, and there are no accounts": (
        [*WELL, requests_of("2xx", "100x400"), *level("weights", 0, 0)], set(),
    ),
    # each metric that must be there fires when it is not
    "Prometheus reaches no server": ([], {("ServiceDown", "")}),
}  # fmt: skip
"""Series by the minute, and the alerts with burn rates that fire after 200 minutes."""


def test_alerts_fire_and_stay_quiet(tmp_path: Path) -> None:
    """Prometheus evaluates the rules on series made up by the minute."""
    promtool = program("promtool")
    firing = 'count by (alertname, burn) (ALERTS{alertstate="firing"})'
    cases = [
        {
            "name": name,
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": [
                {"expr": firing, "eval_time": "200m", "exp_samples": [_sample(*each) for each in sorted(fires)]}
            ],
        }
        for name, (series, fires) in CASES.items()
    ]
    # as Prometheus evaluates them, but each five minutes: it takes a tenth of the time
    for name, document in (("levels.yml", level_rules()), ("faults.yml", alert_rules())):
        for group in document["groups"]:
            group["interval"] = "5m"
        (tmp_path / name).write_text(yaml.safe_dump(document))
    test = {"rule_files": ["levels.yml", "faults.yml"], "evaluation_interval": "5m", "tests": cases}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    run(promtool, "test", "rules", "test.yml", folder=tmp_path)


def _sample(alert: str, burn: str) -> dict[str, Any]:
    labels = f'alertname="{alert}"' + (f',burn="{burn}"' if burn else "")
    return {"labels": f"{{{labels}}}", "value": 1}
