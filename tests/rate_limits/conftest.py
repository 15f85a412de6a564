"""A Redis that a test may kill, and windows of this process that begin empty."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.rate_limits import delays, windows
from deploy.local.servers import start_redis


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "LOCAL", windows.LocalWindows())
    monkeypatch.setattr(delays, "LOCAL", delays.LocalDelays())


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The Redis that limits count in, for this test alone."""
    process, settings.REDIS_URL = start_redis(tmp_path / "redis")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def no_redis(own_redis: subprocess.Popen[bytes]) -> None:
    """Redis is away."""
    own_redis.kill()
    own_redis.wait()
