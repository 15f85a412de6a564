"""Postcast as production runs it, on this machine: databases, proxy, web, workers, beat and the local TikTok."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from config.rate_limits.variables import RateLimitVariables
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.processes import Processes, end_with_parent
from deploy.local.run import local_environment, run, start_sandbox, start_services, write_privately
from deploy.local.servers import free_port, redis_command, wait_for_port
from deploy.local.web import proxy_command, proxy_environment, web_command
from privacy.trail.service_role import SERVICE_ROLE
from tests.bench import machine
from tests.bench.tools import ROOT, tools_python

SETTINGS = "tests.bench.served.settings"
FRONT = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
"""Headers of the load balancer that ends TLS before the proxy: production redirects what comes without."""
DATABASES = ("postgres", "redis")
WEB = ("proxy", "web")


@dataclass
class Stack:
    """Running processes, by name, and the addresses to ask."""

    folder: Path
    environment: dict[str, str]
    postgres: Postgres
    processes: Processes
    urls: dict[str, str] = field(default_factory=dict)
    """Server -> its address, through a proxy."""

    def roots(self, name: str) -> list[int]:
        """Return the process ids of one part: `postgres`, or a name of `processes`."""
        return [self.postgres.process.pid if name == "postgres" else self.processes.running[name].process.pid]

    def cpu_s(self, server: str) -> dict[str, float]:
        """Return {part: CPU seconds used so far} of what answers for this server, and of the workers."""
        parts = (
            {"web": "web", "proxy": "proxy"} if server == "postcast" else {"web": server, "proxy": f"{server}-proxy"}
        )
        parts |= {name: name for name in DATABASES}
        used = {part: machine.cpu_s(self.roots(name)) for part, name in parts.items()}
        workers = [
            pid for name in self.processes.running if name.startswith(("worker", "beat")) for pid in self.roots(name)
        ]
        return used | {"workers": machine.cpu_s(workers)}

    def web_workers(self) -> list[int]:
        """Return the process ids of gunicorn's workers."""
        [master] = self.roots("web")
        return [pid for pid in machine.tree([master]) if pid != master]

    def restart_postgres(self) -> None:
        """Stop PostgreSQL as an operator does, ending its connections, and start it on the same socket."""
        folder = self.folder / "postgres"
        self.postgres.process.send_signal(signal.SIGINT)
        self.postgres.process.wait(30)
        owner = folder.stat()
        as_owner: dict[str, Any] = (
            {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        )
        with (self.folder / "postgres-again.log").open("ab") as log:
            process = subprocess.Popen(
                self.postgres.process.args,
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent(signal.SIGINT), **as_owner,
            )  # fmt: skip
        object.__setattr__(self.postgres, "process", process)

    def add(self, name: str, command: list[str], environment: Mapping[str, str], port: int, path: str) -> None:
        """Start another server on the loopback port and a proxy like Postcast's before it."""
        process = self.processes.start(name, command, environment)
        try:
            wait_for_port(port, process)
        except RuntimeError as error:
            raise RuntimeError(f"{name} does not start:\n{self.processes.last_lines(name)}") from error
        front = free_port()
        addresses = proxy_environment(self.folder / f"caddy-{name}", front, port, port, behind_another=True)
        wait_for_port(front, self.processes.start(f"{name}-proxy", proxy_command(), {**environment, **addresses}))
        self.urls[name] = f"http://127.0.0.1:{front}{path}"

    def add_bare(self) -> None:
        """Start Django without middleware on the same gunicorn."""
        port = free_port()
        command = ["tests.bench.served.bare" if part == "config.wsgi" else part for part in web_command(port)]
        self.add("bare", command, self.environment, port, "/bare")

    def add_compared(self, model: Path) -> None:
        """Start the same model behind FastAPI with uvicorn and behind BentoML, with as many workers as gunicorn has."""
        workers = self.environment["WEB_CONCURRENCY"]
        python = str(tools_python())
        environment = {
            **self.environment, "BENCH_MODEL": str(model), "BENCH_WORKERS": workers, "PYTHONPATH": str(ROOT),
            "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(self.folder / "bentoml"),
        }  # fmt: skip
        port = free_port()
        app = ["tests.bench.compared.fastapi_app:app", "--host", "127.0.0.1", "--port", str(port), "--workers", workers]
        self.add("fastapi", [python, "-m", "uvicorn", *app, "--no-access-log"], environment, port, "/predict")
        port = free_port()
        service = ["tests.bench.compared.bento_service:Forecasts", "--host", "127.0.0.1", "--port", str(port)]
        self.add("bentoml", [python, "-m", "bentoml", "serve", *service], environment, port, "/predict")


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start everything but the servers to compare with, with limits lifted and Django set up; end it all afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="postcast-bench-"))
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = start_postgres(folder / "postgres", "postcast")
        ending.callback(lambda: postgres.stop())
        processes = Processes(folder / "logs")
        ending.callback(processes.stop)
        environment = _environment(folder, postgres, processes)
        write_privately(folder / "service-password", environment["SERVICE_PASSWORD"])
        owner = {**environment, "DATABASE_URL": postgres.url, "SERVICE_PASSWORD_PATH": str(folder / "service-password")}
        run(owner, "-m", "deploy.local.prepare")
        port = free_port()
        _, tiktok = start_sandbox(folder, processes, environment, port)
        environment |= tiktok
        _set_up_django(environment)
        yield Stack(folder, environment, postgres, processes, {"postcast": f"http://127.0.0.1:{port}"})


def start_serving(stack: Stack) -> None:
    """Start proxy, web, workers and beat as `make run` does, once there is data to serve."""
    port = int(stack.urls["postcast"].rpartition(":")[2])
    start_services(stack.folder, stack.processes, {**stack.environment, "PROXY_COUNT": "1"}, port)


def start_to_first_answer(stack: Stack, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, float]:
    """Return the seconds from the start of another web server until it listens, and until its first two forecasts."""
    port = free_port()
    began = time.perf_counter()
    process = stack.processes.start("cold", web_command(port), stack.environment | {"PROXY_COUNT": "2"})
    try:
        wait_for_port(port, process)
        listens = time.perf_counter() - began
        moments = []
        for _ in range(2):
            answer = requests.post(f"http://127.0.0.1:{port}{path}", data=body, headers=dict(headers), timeout=30)
            answer.raise_for_status()
            moments.append(time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(30)
        del stack.processes.running["cold"]
    return {"listens_s": listens, "first_answer_s": moments[0], "second_answer_s": moments[1] - moments[0]}


def _environment(folder: Path, postgres: Postgres, processes: Processes) -> dict[str, str]:
    """Start Redis; return the service's environment, as production's but on this machine."""
    port = free_port()
    wait_for_port(port, processes.start("redis", redis_command(folder / "redis", port), os.environ))
    password = secrets.token_urlsafe(24)
    lifted = {name.upper(): "9999999/sec" for name in RateLimitVariables.model_fields}
    return {
        **os.environ, **local_environment(folder), **lifted,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "DATABASE_URL": postgres.url_of(SERVICE_ROLE, password),
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "ERASURE_LEDGER_PATH": str(folder / "erasures.jsonl"),
        "TRAIL_ANCHOR_PATH": str(folder / "anchors.jsonl"),
        "PICTURE_NETWORKS_PATH": "",
        "SERVICE_PASSWORD": password,
        "WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY", "2"),
    }  # fmt: skip


def _set_up_django(environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()
