"""Requests that schemathesis generates from the OpenAPI document, good and bad, against the running server."""

import re
import subprocess
import sys

import pytest

from accounts.tokens.services import create_api_token
from tests.api.conftest import everything_of_a_creator
from tests.prove import SEED, scaled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]


def test_no_generated_request_finds_a_failure(live_server, tmp_path, record_property):
    _, token = create_api_token(user=everything_of_a_creator().user, name="schemathesis")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{live_server.url}/api/v1/schema?format=json"),
            *("--header", f"Authorization:Bearer {token}", "--checks", "all", "--continue-on-failure"),
            *("--max-examples", str(scaled(20)), "--seed", str(SEED), "--warnings", "off"),
            # what is valid by its schema may be refused for what it says: a moment that is past, a word that is no
            # hashtag, another list's cursor, a key that stands for another request
            *("--exclude-checks", "positive_data_acceptance"),
            *("--request-timeout", "30"),
        ],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated
    record_property("requests generated", int(generated[1]))
    record_property("failures", 0)
