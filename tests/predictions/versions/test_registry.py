"""Model versions: signed, checked before loading, kept in memory, noticed when they change."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signing import Signer
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from config.build import build_commit
from predictions.engine import GlobalModel
from predictions.forecasts import answering
from predictions.learning import services as learning_services
from predictions.models import ModelVersion
from predictions.versions import registry as versions_registry
from predictions.versions.artefacts import RefusedArtefact, load, sign
from predictions.versions.registry import preload
from predictions.versions.selectors import lock_roles
from predictions.versions.services import InvalidVersionName, make_champion, register
from tests.predictions.drafts import predict

pytestmark = pytest.mark.django_db

COSTS = 2
"""Statements of a forecast: what it needs; what is agreed to with the row and its event."""


def test_versions_are_numbered_upwards(trained_models):
    names = [register(model=trained_models[0], metrics={}).name for _ in range(2)]
    assert names == ["v1.0.0", "v1.1.0"]
    assert register(model=trained_models[0], metrics={}, name="v2.10.3").name == "v2.10.3"
    assert register(model=trained_models[0], metrics={}).name == "v2.11.0"


@pytest.mark.parametrize("name", ["1.0.0", "v1", "v1.0.0; drop", "prior"])
def test_names_have_one_form(name, trained_models):
    with pytest.raises(InvalidVersionName, match=r"v1\.2\.3"):
        register(model=trained_models[0], metrics={}, name=name)


def test_a_name_is_never_used_again(champion, trained_models):
    with pytest.raises(InvalidVersionName, match="taken"):
        register(model=trained_models[1], metrics={}, name=champion.name)


def test_there_is_one_champion(champion, trained_models):
    new = register(model=trained_models[1], metrics={"mape": 0.6}, promote=True)
    champion.refresh_from_db()
    assert (champion.role, new.role) == (ModelVersion.Role.RETIRED, ModelVersion.Role.CHAMPION)
    make_champion(champion)
    assert ModelVersion.objects.get(role=ModelVersion.Role.CHAMPION) == champion


def test_the_lock_reads_nothing_large(champion):
    with CaptureQueriesContext(connection) as queries:
        lock_roles()
    (query,) = queries.captured_queries
    assert not any(column in query["sql"] for column in ("artefact", "manifest", "metrics"))


def test_what_is_loaded_is_what_was_registered(champion, trained_models):
    loaded = load(ModelVersion.objects.get(pk=champion.pk))
    assert loaded.to_bytes() == trained_models[0].to_bytes()
    assert champion.manifest == json.loads(json.dumps(trained_models[0].manifest)) | {"build": build_commit()}


def test_a_running_worker_notices_a_new_champion_by_itself(champion, trained_models, learned_account):
    first = predict(learned_account)
    second_version = register(model=trained_models[1], metrics={}, promote=True)
    second = predict(learned_account)
    assert (first.model_version, second.model_version) == (champion.name, second_version.name)
    assert answering.OTHER_MODEL in second.prediction.warnings
    # and goes back when the old one serves again
    make_champion(champion)
    assert predict(learned_account).model_version == champion.name


def tampered_artefact(version: ModelVersion) -> None:
    version.artefact = bytes(version.artefact) + b" "
    version.save()


def foreign_signature(version: ModelVersion) -> None:
    version.signature = Signer(key="somebody else's", salt="predictions.registry.artefact").sign("0" * 64)
    version.save()


def swapped_artefact(version: ModelVersion) -> None:
    """Another version's artefact: well-formed, and not the one that was signed here."""
    other = register(model=GlobalModel.prior(), metrics={})
    version.artefact = bytes(other.artefact)
    version.save()


def signature_of_another_purpose(version: ModelVersion) -> None:
    version.signature = Signer(salt="something else").sign(version.signature.rpartition(":")[0])
    version.save()


def signed_rubbish(version: ModelVersion) -> None:
    """Signed by us, so the hash is right, and yet no model: a format of another time."""
    version.artefact = b"{}"
    version.signature = sign(b"{}")
    version.save()


TAMPERINGS = [tampered_artefact, foreign_signature, swapped_artefact, signature_of_another_purpose, signed_rubbish]


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_an_artefact_that_is_not_the_registered_one_is_refused(tamper, champion):
    tamper(champion)
    with pytest.raises(RefusedArtefact):
        load(ModelVersion.objects.get(pk=champion.pk))


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_a_refused_champion_leaves_the_model_before_it_serving(tamper, champion, trained_models, learned_account):
    predict(learned_account)
    bad = register(model=trained_models[1], metrics={}, promote=True)
    tamper(bad)
    for _ in range(2):
        result = predict(learned_account)
        assert result.model_version == champion.name
        assert result.prediction.model_version == champion
        assert any("comes from the previous one" in warning for warning in result.prediction.warnings)
    make_champion(champion)
    assert not any("comes from the previous one" in warning for warning in predict(learned_account).prediction.warnings)


def test_a_worker_that_knows_no_other_model_serves_the_prior(champion, account):
    tampered_artefact(champion)
    result = predict(account)
    assert result.model_version == "prior"
    assert result.prediction.model_version is None
    assert any("comes from a rule of thumb" in warning for warning in result.prediction.warnings)


def test_a_refused_artefact_is_not_read_with_every_forecast(champion, account, django_assert_num_queries):
    tampered_artefact(champion)
    predict(account)
    with django_assert_num_queries(COSTS):
        predict(account)


def test_while_one_thread_loads_the_others_serve_the_old_model(monkeypatch, champion, trained_models, registry):
    registry.serving(champion.pk)
    new = register(model=trained_models[1], metrics={}, promote=True)
    loading, go_on = threading.Event(), threading.Event()

    def slow_load(version: ModelVersion) -> GlobalModel:
        loading.set()
        assert go_on.wait(10)
        model: GlobalModel = trained_models[1]
        return model

    monkeypatch.setattr(versions_registry, "load", slow_load)
    monkeypatch.setattr(ModelVersion.objects, "get", lambda pk: new)  # threads do not see this test's transaction
    loader = threading.Thread(target=registry.serving, args=[new.pk])
    loader.start()
    assert loading.wait(10)
    assert registry.serving(new.pk).name == champion.name
    go_on.set()
    loader.join(10)
    assert registry.serving(new.pk).name == new.name


def test_preload_leaves_no_connection_to_share(champion, registry, monkeypatch):
    monkeypatch.setattr(connections, "close_all", closed := Recorder())
    preload()
    assert closed.calls == 1
    assert registry.serving(champion.pk).name == champion.name


class Recorder:
    calls = 0

    def __call__(self) -> None:
        self.calls += 1


PRELOAD_AND_FORK = """
import os, django
django.setup()
from django.contrib.auth import get_user_model
from predictions.versions import registry
from tests.predictions.drafts import predict
from accounts.models import TikTokAccount
{before}
child = os.fork()
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(predict(TikTokAccount.objects.get()).model_version, flush=True)
os._exit(0)
"""


@pytest.mark.django_db(transaction=True)
def test_workers_forked_after_preloading_forecast_with_the_shared_model(champion, learned_account):
    script = PRELOAD_AND_FORK.format(before="registry.preload()\nassert registry.registry._current is not None")
    finished = run_script(script)
    assert finished.stdout.strip() == champion.name, finished.stderr


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_does_not_stop_the_start():
    preloading = "from predictions.versions.registry import preload\npreload()\nprint('started')"
    finished = run_script(
        f"import django\ndjango.setup()\n{preloading}", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"
    )
    assert finished.stdout.strip() == "started", finished.stderr
    assert "model_not_preloaded" in finished.stderr


def run_script(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script in a process of its own, on the database of this test."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].replace("/postcast?", f"/{name}?")
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_refused_version_is_tried_again_later(monkeypatch, champion, account):
    good = bytes(champion.artefact)
    tampered_artefact(champion)
    predict(account)
    ModelVersion.objects.filter(pk=champion.pk).update(artefact=good)
    assert predict(account).model_version == "prior"
    later = time.monotonic() + versions_registry.RETRY_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert predict(account).model_version == champion.name


def test_a_forecast_costs_one_query_and_one_statement_that_writes(champion, learned_account, django_assert_num_queries):
    predict(learned_account)
    with django_assert_num_queries(COSTS):
        predict(learned_account)


def test_without_weights_it_costs_no_more(champion, account, django_assert_num_queries):
    predict(account)
    with django_assert_num_queries(COSTS):
        predict(account)


@pytest.mark.parametrize(
    "warning",
    [
        answering.NOT_LEARNED,
        answering.UNREADABLE_WEIGHTS,
        answering.OTHER_MODEL,
        versions_registry.REFUSED,
    ],
)
def test_warnings_use_words_that_creators_know(warning):
    assert not re.search(r"weights|model|version|state|bucket|prior", warning, re.IGNORECASE)


def test_unreadable_weights_give_a_warning_and_are_learned_again(champion, learned_account):
    learned_account.weights.state = b"of another time"
    learned_account.weights.save()
    learned_account.refresh_from_db()
    result = predict(learned_account)
    assert any("learned again" in warning for warning in result.prediction.warnings)
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert predict(learned_account).prediction.warnings == []


def test_the_build_is_the_image_s_commit_or_gits(monkeypatch):
    monkeypatch.setenv("BUILD_COMMIT", "0123abc")
    assert build_commit.__wrapped__() == "0123abc"
    monkeypatch.delenv("BUILD_COMMIT")
    monkeypatch.setenv("PATH", "")
    assert build_commit.__wrapped__() == "unknown"
