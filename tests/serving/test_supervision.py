"""`make run` starts again what ends by itself, after a pause that grows, and says so."""

import os
import signal
import sys
from pathlib import Path

from deploy.local.processes import STEADY_SECONDS, Processes
from tests.waiting import wait_until

FOR_LONG = [sys.executable, "-c", "import time; time.sleep(600)"]


def look_until(processes: Processes, told: list[str], text: str) -> None:
    def said() -> bool:
        processes.restart_ended(told.append)
        return any(text in line for line in told)

    wait_until(said, text, patience_s=20, every_s=0.05)


def test_a_killed_process_is_started_again_and_both_are_told(tmp_path: Path) -> None:
    processes, told = Processes(tmp_path), list[str]()
    first = processes.start("worker", FOR_LONG, os.environ)
    try:
        os.kill(first.pid, signal.SIGKILL)
        look_until(processes, told, "worker was started again")
        assert told[0].startswith("worker ended with status -9 and is started again in 1 s")
        second = processes.running["worker"].process
        assert second.pid != first.pid
        assert second.poll() is None
    finally:
        processes.stop()
    assert second.poll() is not None


def test_its_last_lines_are_told_and_its_log_goes_on(tmp_path: Path) -> None:
    processes, told = Processes(tmp_path), list[str]()
    processes.start("web", [sys.executable, "-c", "raise SystemExit('no port is free')"], os.environ)
    look_until(processes, told, "web was started again")
    assert "no port is free" in told[0]
    wait_until(lambda: processes.last_lines("web").count("no port is free") == 2, "it says so again")
    processes.stop()


def test_the_pauses_grow_up_to_half_a_minute_and_begin_anew_after_a_steady_minute(tmp_path: Path, monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("deploy.local.processes.time.monotonic", lambda: now[0])
    processes, told = Processes(tmp_path), list[str]()
    process = processes.start("beat", [sys.executable, "-c", ""], os.environ)
    pauses = []
    for _ in range(8):
        process.wait()
        processes.restart_ended(told.append)
        each = processes.running["beat"]
        assert each.again_at is not None
        pauses.append(each.again_at - now[0])
        now[0] = each.again_at
        processes.restart_ended(told.append)
        process = each.process
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    process.wait()
    now[0] += STEADY_SECONDS
    processes.restart_ended(told.append)
    assert processes.running["beat"].again_at == now[0] + 1
