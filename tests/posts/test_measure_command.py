"""`manage.py measure`: what is measured of pictures, without a database."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.posts.content.drawn import ASTRONAUT

ROOT = Path(__file__).resolve().parents[2]


def measure(*arguments: object) -> tuple[str, str]:
    """Run the command in this process; return what it writes to its two outputs."""
    out, err = io.StringIO(), io.StringIO()
    call_command("measure", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "text.png").write_text("no picture")
    return [ASTRONAUT, folder / "text.png", folder / "missing.jpg", folder]


def test_each_picture_is_a_line_of_json_with_measures_or_an_error(files):
    """As people run it: a process of its own, without databases."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.development", "PICTURE_NETWORKS_PATH": ""}
    command = [sys.executable, "manage.py", "measure", *map(str, files), "--json"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [row["path"] for row in rows] == [str(file) for file in files]
    measured, *refused = rows
    assert (measured["width"], measured["height"], measured["faces"]) == (260, 310, 1)
    assert measured["crop"] == {"left": 43, "top": 0, "width": 174, "height": 310}
    assert measured["embedding"] is None
    assert "No embedding: no network is installed." in answer.stderr
    assert [list(row) for row in refused] == [["path", "error"]] * 3
    assert all(row["error"].endswith(".") for row in refused)
    assert "No such file" in refused[1]["error"]


def test_without_json_it_is_a_table(files):
    out, _ = measure(files[0])
    assert out.startswith(f"{ASTRONAUT}\n  brightness ")
    assert "  faces          1\n" in out
    assert "  crop           174 x 310 from 43, 0\n" in out


def test_it_fails_where_nothing_could_be_read(files):
    with pytest.raises(CommandError, match=r"none of the pictures could be read\."):
        measure(*files[1:], "--json")
