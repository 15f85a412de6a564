"""Metrics are right across processes, after one of them died, and for monitoring alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from telemetry.metrics import figures
from telemetry.metrics.figures import Figure
from telemetry.metrics.server import answer

ROOT = Path(__file__).resolve().parents[2]
COUNTING = """
import sys
from telemetry.metrics.folder import use_folder
use_folder()
from prometheus_client import Counter, Gauge
Counter("worked", "x", ["kind"]).labels("a").inc(int(sys.argv[1]))
Gauge("busy", "x", multiprocess_mode="livesum").set(1)
print("counted", flush=True)
sys.stdin.read()
"""
READING = """
from telemetry.metrics.folder import use_folder
use_folder()
from telemetry.metrics.files import exposition
print(exposition().decode())
"""


def counting(folder: Path, by: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING, str(by)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def read(folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", READING], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
    )  # fmt: skip
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_metrics_add_up_over_processes_and_stay_after_one_is_killed(tmp_path: Path) -> None:
    first, second = counting(tmp_path, 2), counting(tmp_path, 3)
    try:
        told = read(tmp_path)
        assert (told['worked_total{kind="a"}'], told["busy"]) == (5, 2)
        first.send_signal(signal.SIGKILL)
        first.wait()
        told = read(tmp_path)
        # what it counted stays, what it was busy with does not, and neither do its files
        assert (told['worked_total{kind="a"}'], told["busy"]) == (5, 1)
        assert read(tmp_path)['worked_total{kind="a"}'] == 5
        assert not list(tmp_path.glob(f"*_{first.pid}.db"))
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


@pytest.mark.django_db
def test_figures_are_computed_once_and_read_by_every_process(client: Client, settings, monkeypatch) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"
    asked = []

    def compute() -> list[Figure]:
        asked.append(1)
        return [Figure("postcast_test", "x", 3, {"age": day}) for day in ("new", "old")]

    def fail() -> list[Figure]:
        raise LookupError

    monkeypatch.setattr(figures, "_REGISTERED", {"works": compute, "fails": fail})
    figures.compute()
    for _ in range(3):
        page = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"}).content.decode()
    assert len(asked) == 1
    assert 'postcast_test{age="old"} 3.0' in page
    assert f'{figures.COMPUTED}{{source="works"}}' in page
    assert f'{figures.COMPUTED}{{source="fails"}}' not in page


@given(st.text(), st.text())
def test_a_worker_s_metrics_are_for_who_has_the_token(path: str, authorization: str) -> None:
    from django.conf import settings

    statuses: list[str] = []
    environ: dict[str, object] = {"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization}
    list(answer(environ, lambda status, _: statuses.append(status)))
    allowed = settings.METRICS_TOKEN and (path, authorization) == ("/metrics", f"Bearer {settings.METRICS_TOKEN}")
    assert statuses == ["200 OK" if allowed else "404 Not Found"]
