"""The Helm chart: rendered by Helm itself, each object held to Kubernetes' own schema, and its promises one by one."""

import json
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml

from config.settings.celery import QUEUES
from telemetry.service_levels.files import FOLDER, monitoring_files

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "postcast"
LEAST: dict[str, Any] = {"image": {"repository": "registry.example.com/postcast", "tag": "1"}, "host": "a.example.com"}
EVERYTHING: dict[str, Any] = {
    **LEAST,
    "externalSecrets": {"store": "vault"},
    "keda": {"enabled": True},
    "canary": {"enabled": True},
    "pooler": {"enabled": True, "image": "registry.example.com/pgbouncer:1", "host": "postgres.example.com"},
    "network": {"also": [{"cidr": "10.1.2.3/32", "port": 4318}]},
    "monitoring": {"enabled": True, "rules": {"faults": "groups:\n- name: faults\n  rules: []\n"}},
}
OPERATORS = ("argoproj.io/", "keda.sh/", "monitoring.coreos.com/", "external-secrets.io/")
"""Groups of custom objects, whose schemas no package brings: they are only parsed."""


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects of a release `it` in the namespace `postcast`."""
    with helm.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="it", namespace="postcast")
    return [
        each for name, text in files.items() if not name.endswith(".tpl") for each in yaml.safe_load_all(text) if each
    ]


@pytest.fixture(scope="module", params=[LEAST, EVERYTHING], ids=["least", "everything"])
def objects(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return render(request.param)


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Map each component to the spec of its pods."""
    templates = [each["spec"]["template"] for each in objects if "template" in each.get("spec", {})]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"] for each in templates}


def test_kubernetes_takes_every_object(objects):
    checked = 0
    for each in objects:
        if not each["apiVersion"].startswith(OPERATORS):
            kubernetes_validate.validate(each, "1.33", strict=True)
            checked += 1
    assert checked > 15
    assert len({(each["kind"], each["metadata"]["name"]) for each in objects}) == len(objects)


def test_no_pod_is_root_writes_its_disk_or_speaks_to_the_cluster(objects):
    for name, pod in pods(objects).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"], name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], name


def test_every_queue_has_a_worker_and_there_is_one_beat(objects):
    served = [
        queue
        for name, pod in pods(objects).items()
        if name.startswith("worker-")
        for queue in pod["containers"][0]["command"][5].split(",")
    ]
    assert sorted(served) == sorted(QUEUES)
    beat = named(objects, "Deployment", "it-beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_secrets_reach_a_pod_as_files_alone_and_the_owners_only_the_migration(objects):
    for name, pod in pods(objects).items():
        variables = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & variables.keys()
        [files] = [each["secret"]["items"] for each in pod["volumes"] if each["name"] == "secrets"]
        assert ("DATABASE_OWNER_URL" in {each["key"] for each in files}) == (name == "migrate")
    job = named(objects, "Job", "it-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


def test_only_who_erases_and_who_replays_writes_what_outlives_the_database(objects):
    writers = {
        name
        for name, pod in pods(objects).items()
        for mount in pod["containers"][0]["volumeMounts"]
        if mount["name"] == "kept" and not mount["readOnly"]
    }
    assert writers == {"worker-soon", "migrate"}


def test_the_edge_buffers_whole_requests_but_for_imports(objects):
    prefix = "nginx.ingress.kubernetes.io/proxy-"
    web = named(objects, "Ingress", "it-web")["metadata"]["annotations"]
    uploads = named(objects, "Ingress", "it-uploads")["metadata"]["annotations"]
    assert (web[f"{prefix}request-buffering"], web[f"{prefix}body-size"]) == ("on", "12m")
    assert (uploads[f"{prefix}request-buffering"], uploads[f"{prefix}body-size"]) == ("off", "520m")


def test_nothing_is_reached_but_through_the_edge(objects):
    everything = named(objects, "NetworkPolicy", "it")["spec"]
    assert everything["ingress"] == []
    [world] = [each for each in everything["egress"] if each["to"][0].get("ipBlock", {}).get("cidr") == "0.0.0.0/0"]
    assert "169.254.0.0/16" in world["to"][0]["ipBlock"]["except"]


def test_with_everything_web_scales_by_rate_workers_by_age_and_a_canary_is_judged():
    objects = render(EVERYTHING)
    triggers = {
        each["metadata"]["name"]: each["spec"]["triggers"][0]["metadata"]["query"]
        for each in objects
        if each["kind"] == "ScaledObject"
    }
    assert "postcast_request_seconds_count" in triggers["it-web"]
    assert 'queue=~"interactive|privacy"' in triggers["it-worker-soon"]
    metrics = named(objects, "AnalysisTemplate", "it-web")["spec"]["metrics"]
    assert [each["name"] for each in metrics] == ["error-rate", "p95"]
    assert "{{args.canary-hash}}" in json.dumps(metrics)
    web = pods(objects)["web"]["containers"][0]["env"]
    pooled = {"DATABASE_POOLER": "true", "DATABASE_URL_FILE": "/run/secrets/postcast/POOLER_URL"}
    assert pooled.items() <= {each["name"]: each.get("value") for each in web}.items()
    assert "DATABASE_POOLER" not in {each["name"] for each in pods(objects)["worker-soon"]["containers"][0]["env"]}
    assert named(objects, "PrometheusRule", "it-faults")["spec"]["groups"][0]["name"] == "faults"


def test_prometheus_reads_every_process_under_the_names_that_the_rules_know():
    objects = render(EVERYTHING)
    jobs: dict[str, set[str]] = {}
    for each in objects:
        if each["kind"] == "PodMonitor":
            [components] = [of["values"] for of in each["spec"]["selector"]["matchExpressions"]]
            [endpoint] = each["spec"]["podMetricsEndpoints"]
            jobs[endpoint["relabelings"][0]["replacement"]] = {*components}
            for component in components:
                ports = pods(objects)[component]["containers"][0]["ports"]
                assert endpoint["port"] in {port["name"] for port in ports}, component
    known = yaml.safe_load(monitoring_files()[FOLDER / "prometheus.yml"])["scrape_configs"]
    assert jobs.keys() == {each["job_name"] for each in known}
    assert set().union(*jobs.values()) == pods(objects).keys() - {"migrate", "pooler"}
    beat = {each["name"]: each.get("value") for each in pods(objects)["beat"]["containers"][0]["env"]}
    assert beat["METRICS_PORT"] == "9100"
    # traces go to a collector where one is named
    out = named(objects, "NetworkPolicy", "it")["spec"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "ports": [{"protocol": "TCP", "port": 4318}]} in out
    allowed = named(objects, "NetworkPolicy", "it-metrics")["spec"]["ingress"]
    assert [each["ports"] for each in allowed] == [[{"protocol": "TCP", "port": 9100}]]


@pytest.mark.parametrize(
    "values",
    [
        {"image": {"repository": "a"}, "host": "a.example.com"},
        {**LEAST, "host": "https://a.example.com"},
        {**LEAST, "image": {"repository": "a", "digest": "sha256:short"}},
        {**LEAST, "replicas": 3},
        {**LEAST, "workers": {"soon": {"queues": ["nobody's"]}}},
    ],
)
def test_wrong_values_are_refused(values):
    with pytest.raises(helm.HelmError):
        render(values)
