"""A production server, behind its proxy, on the test's database."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from accounts.tokens.services import create_api_token
from deploy.local.servers import free_port, wait_for_port
from deploy.local.web import proxy_command, proxy_environment, web_command
from tests.factories import TikTokAccountFactory

ROOT = Path(__file__).resolve().parents[2]
METRICS_TOKEN = "a-long-enough-token"


@dataclass(frozen=True)
class Server:
    port: int
    """Of the proxy."""
    web_port: int
    """Of gunicorn, which monitoring asks past the proxy."""
    web: "subprocess.Popen[bytes]"
    logs: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> set[int]:
        """The process ids of gunicorn's workers."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text()
        return {int(child) for child in children.split()}

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()


@dataclass(frozen=True)
class Program:
    """Somebody's program that asks the server for forecasts."""

    account: str
    token: str


def environment() -> dict[str, str]:
    """Return the variables of a process on this test's database and Redis."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
        "METRICS_TOKEN": METRICS_TOKEN,
        "PROXY_COUNT": "1",
    }


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    port, web_port = free_port(), free_port()
    addresses = {
        **proxy_environment(folder, port, web_port, uploads_port=free_port()),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "figures"),
    }
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command, its_port in (("web", web_command(web_port), web_port), ("proxy", proxy_command(), port)):
            with (folder / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    command, cwd=ROOT, env={**environment(), **addresses}, stdout=log, stderr=log
                )
            wait_for_port(its_port, started[name])
        yield Server(port, web_port, started["web"], folder)
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(30)


@pytest.fixture
def program(transactional_db: None) -> Program:
    account = TikTokAccountFactory()
    _, token = create_api_token(user=account.user, name="program")
    return Program(account.public_id, token)
