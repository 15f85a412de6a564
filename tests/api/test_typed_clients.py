"""Typed clients made from the OpenAPI document, each used for a real forecast over HTTP."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rest_framework.renderers import JSONRenderer

from accounts.tokens.services import create_api_token
from config.api.scopes import Scope
from predictions.models import Prediction
from tests.api.operations import document
from tests.pages.conftest import make_creator

pytestmark = pytest.mark.django_db(transaction=True)
TYPESCRIPT = Path(__file__).parent / "typescript"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.json"
    path.write_bytes(JSONRenderer().render(document()))
    return path


@pytest.fixture
def token(live_server):
    return create_api_token(
        user=make_creator(posts=2).user, name="typed", scopes=[Scope.FORECASTS_WRITE, Scope.FORECASTS_READ]
    )[1]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **options)


@pytest.fixture
def python_client(schema, tmp_path, monkeypatch):
    """The package that openapi-python-client makes; without a warning."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"content_type_overrides": {"application/zip": "application/octet-stream"}}))
    made = run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(schema), "--meta", "none"),
        *("--config", str(config), "--output-path", str(tmp_path / "postcast_client"), "--fail-on-warning"),
        env={"PATH": str(Path(sys.executable).parent)},
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "postcast_client"
    for name in [name for name in sys.modules if name.startswith("postcast_client")]:
        del sys.modules[name]


def test_every_module_of_the_python_client_can_be_imported(python_client, tmp_path):
    modules = [
        ".".join(path.relative_to(tmp_path).with_suffix("").parts)
        for path in (tmp_path / python_client).rglob("*.py")
        if path.name != "__init__.py"
    ]
    assert len(modules) > 80
    for name in modules:
        importlib.import_module(name)


def test_a_forecast_with_the_python_client(python_client, live_server, token):
    client = importlib.import_module(f"{python_client}.client").AuthenticatedClient(
        base_url=live_server.url, token=token
    )
    models = importlib.import_module(f"{python_client}.models")
    predict = importlib.import_module(f"{python_client}.api.predictions.predict")
    listing = importlib.import_module(f"{python_client}.api.predictions.predictions_list")
    draft = models.PredictRequest(post=models.DraftRequest(text="Sunset at the pier #sunset", duration_s=25))
    answer = predict.sync(client=client, body=draft, idempotency_key="from-python")
    assert isinstance(answer, models.PredictResponse), answer
    low, high = answer.prediction.interval
    assert low <= answer.prediction.typical <= high
    assert predict.sync(client=client, body=draft, idempotency_key="from-python") == answer
    latest = listing.sync(client=client, page_size=1).results[0]
    assert (latest.id, latest.prediction) == (answer.prediction_id, answer.prediction)
    refused = predict.sync(
        client=client, body=models.PredictRequest(account_id="acct_12345", post=models.DraftRequest(text="a"))
    )
    assert isinstance(refused, models.Problem)
    assert (refused.status, refused.errors[0].field) == (404, "account_id")


@pytest.mark.skipif(not shutil.which("npm"), reason="openapi-typescript needs node and npm, which are not here")
def test_a_forecast_with_typescript(schema, live_server, token, tmp_path):
    folder = tmp_path / "typescript"
    shutil.copytree(TYPESCRIPT, folder)
    installed = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", cwd=folder)
    if installed.returncode and any(code in installed.stderr for code in OFFLINE):
        pytest.skip("npm's registry cannot be reached")
    assert installed.returncode == 0, installed.stderr
    for command in (
        ("node_modules/.bin/openapi-typescript", str(schema), "--output", "schema.d.ts"),
        ("node_modules/.bin/tsc",),
        ("node", "forecast.js", live_server.url, token),
    ):
        done = run(*command, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    row = Prediction.objects.get(public_id=told["id"])
    assert (row.low, row.high) == (told["low"], told["high"])
    assert told["refused"] == "post.scheduled_time"
