"""What the documents promise about the code."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command

from config.environment import Environment
from privacy.describing import document

ROOT = Path(__file__).resolve().parents[2]
OWN_APPS = {"accounts", "posts", "predictions", "privacy", "telemetry"}
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
    assert admin.site.is_registered(model)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in documents:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_compose_sets_only_variables_that_exist_and_all_that_are_required() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    given = {name.removesuffix("_FILE").lower() for name in compose["services"]["web"]["environment"]}
    assert given <= set(Environment.model_fields)
    assert {name for name, field in Environment.model_fields.items() if field.is_required()} <= given


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


def test_secrets_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "make_secrets.sh"
    script.write_text((ROOT / "deploy/make_secrets.sh").read_text())
    subprocess.run(["sh", script], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert made == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert {"secret_key", "data_encryption_keys", "database_url"} <= set(made)
