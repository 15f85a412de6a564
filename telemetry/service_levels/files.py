"""The files of deploy/monitoring: Prometheus, Alertmanager and Grafana, from the service levels and the alerts."""

import json
from pathlib import PurePosixPath
from typing import Any

import yaml

from telemetry.service_levels.dashboards import levels_dashboard, work_dashboard
from telemetry.service_levels.rules import alert_rules, level_rules

FOLDER = PurePosixPath("deploy/monitoring")
HEADER = "# Rendered by `manage.py monitoring --write` from telemetry/service_levels; do not edit.\n"
SECRETS = "/run/secrets"
WORKERS = ("worker-soon", "worker-outside", "worker-learning", "beat")
WORKER_PORT = 9100
"""METRICS_PORT of docker-compose.yml."""


class _PlainDumper(yaml.SafeDumper):
    """Writes equal parts out instead of pointing to the first."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def monitoring_files() -> dict[PurePosixPath, str]:
    """Return each file's text by its path from the project's root."""
    documents = {
        "prometheus.yml": _prometheus(),
        "rules/service-levels.yml": level_rules(),
        "rules/faults.yml": alert_rules(),
        "alertmanager.yml": _alertmanager(),
        "grafana/provisioning/datasources/prometheus.yml": _source(),
        "grafana/provisioning/dashboards/postcast.yml": _provider(),
    }
    dashboards = {
        "grafana/dashboards/service-levels.json": levels_dashboard(),
        "grafana/dashboards/work.json": work_dashboard(),
    }
    return {
        **{FOLDER / name: HEADER + _yaml(document) for name, document in documents.items()},
        **{FOLDER / name: json.dumps(document, indent=2) + "\n" for name, document in dashboards.items()},
    }


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, width=120)


def _prometheus() -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "30s"},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]},
        "scrape_configs": [
            {
                "job_name": "postcast",
                "metrics_path": "/metrics",
                "authorization": {"type": "Bearer", "credentials_file": f"{SECRETS}/metrics_token"},
                "static_configs": [{"targets": ["web:8000"]}],
            },
            # apart from web, which is missed where it is the only one that does not answer
            {
                "job_name": "postcast-uploads",
                "metrics_path": "/metrics",
                "authorization": {"type": "Bearer", "credentials_file": f"{SECRETS}/metrics_token"},
                "static_configs": [{"targets": ["uploads:8000"]}],
            },
            # each container of a worker by its own address, however many there are
            {
                "job_name": "postcast-workers",
                "metrics_path": "/metrics",
                "authorization": {"type": "Bearer", "credentials_file": f"{SECRETS}/metrics_token"},
                "dns_sd_configs": [{"names": list(WORKERS), "type": "A", "port": WORKER_PORT}],
            },
        ],
    }


def _alertmanager() -> dict[str, Any]:
    """Pages go out at once and again every hour; tickets are gathered, and sent again each day.

    The files in SECRETS hold addresses of incoming webhooks in Slack's format, which Mattermost and others take too.
    """
    return {
        "route": {
            "receiver": "tickets",
            "group_by": ["alertname", "level", "queue"],
            "group_wait": "5m",
            "group_interval": "30m",
            "repeat_interval": "24h",
            "routes": [
                {
                    "matchers": ['severity="page"'],
                    "receiver": "pages",
                    "group_wait": "30s",
                    "group_interval": "5m",
                    "repeat_interval": "1h",
                }
            ],
        },
        "inhibit_rules": [
            # a service that is down explains the rest
            {"source_matchers": ['alertname="ServiceDown"'], "target_matchers": ['alertname!="ServiceDown"']},
            # a level whose budget burns fast burns slowly too
            {
                "source_matchers": ['severity="page"'],
                "target_matchers": ['severity="ticket"'],
                "equal": ["alertname", "level"],
            },
        ],
        "receivers": [_receiver("pages", "alerts_page_url"), _receiver("tickets", "alerts_ticket_url")],
    }


def _receiver(name: str, secret: str) -> dict[str, Any]:
    lines = "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook }}\n{{ end }}"
    message = {"api_url_file": f"{SECRETS}/{secret}", "send_resolved": True, "text": lines}
    return {"name": name, "slack_configs": [message]}


def _source() -> dict[str, Any]:
    source = {
        "name": "Prometheus",
        "type": "prometheus",
        "uid": "prometheus",
        "access": "proxy",
        "url": "http://prometheus:9090",
        "isDefault": True,
    }
    return {"apiVersion": 1, "datasources": [source]}


def _provider() -> dict[str, Any]:
    provider = {
        "name": "Postcast",
        "type": "file",
        "allowUiUpdates": False,
        "options": {"path": "/etc/grafana/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}
