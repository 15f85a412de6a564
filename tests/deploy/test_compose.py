"""The compose file: who reaches whom, and how little each container may do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.service_levels.files import FOLDER, monitoring_files

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def reached_from(service: str) -> set[str]:
    """Return the services that share a network with it."""
    mine = {*SERVICES[service]["networks"]}
    return {name for name, each in SERVICES.items() if mine & {*each["networks"]}} - {service}


def test_the_edge_reaches_web_and_uploads_alone():
    assert reached_from("proxy") == {"web", "uploads"}
    for name in ("postgres", "pgbouncer", "redis", "redis-cache"):
        assert all(COMPOSE["networks"][network]["internal"] for network in SERVICES[name]["networks"])
        assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_each_has_limits_no_capability_to_spare_and_a_disk_it_cannot_write(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit", "logging"} <= service.keys()


def test_the_cache_evicts_and_the_queues_never_do():
    redis, cache = (SERVICES[name]["command"][-1] for name in ("redis", "redis-cache"))
    assert "noeviction" in redis
    assert "appendonly yes" in redis
    assert "allkeys-lru" in cache
    assert "appendonly" not in cache


def test_prometheus_reaches_each_process_and_alertmanager_has_the_addresses_it_writes_to():
    files = monitoring_files()
    jobs = yaml.safe_load(files[FOLDER / "prometheus.yml"])["scrape_configs"]
    targets = {target for job in jobs for each in job.get("static_configs", ()) for target in each["targets"]}
    watched = {target.split(":")[0] for target in targets} | {
        name for job in jobs for each in job.get("dns_sd_configs", ()) for name in each["names"]
    }
    assert watched == {name for name, each in SERVICES.items() if each.get("image") == "postcast"} - {"migrate"}
    assert watched <= reached_from("prometheus")
    hosts = SERVICES["web"]["environment"]["ALLOWED_HOSTS"].split(",")
    assert {target.split(":")[0] for target in targets} <= {*hosts}
    read = re.findall(r"/run/secrets/(\w+)", files[FOLDER / "alertmanager.yml"])
    assert {*read} == {*SERVICES["alertmanager"]["secrets"]}


def test_each_secret_is_made_or_asked_for():
    made = (ROOT / "deploy" / "make_secrets.sh").read_text()
    for name in COMPOSE["secrets"]:
        assert f"keep {name} " in made or re.search(rf"for name in .*\b{name}\b", made), name


def test_every_secret_and_volume_that_is_used_is_declared():
    for name, service in SERVICES.items():
        assert {*service.get("secrets", [])} <= COMPOSE["secrets"].keys(), name
        named = {each.split(":")[0] for each in service.get("volumes", []) if not each.startswith(".")}
        assert named <= COMPOSE["volumes"].keys(), name
        files = [each for each in service.get("environment", {}) if each.endswith("_FILE") and "GF_" not in each]
        paths = {str(service["environment"][each]).removeprefix("/run/secrets/") for each in files}
        assert {path for path in paths if "$" not in path} <= {*service.get("secrets", [])}, name
