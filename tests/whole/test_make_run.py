"""The whole way through real processes: `make run`, sign in at the consent page, refresh, forecast, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests
from psycopg.errors import InsufficientPrivilege

from deploy.local import run as local_run
from deploy.local.servers import free_port
from posts.platforms.tiktok.client import PAGE_SIZE
from predictions.engine.data.history_file import read_history_file
from privacy.trail.service_role import SERVICE_ROLE
from tests.sandbox.client import consent
from tests.sandbox.simulation import population
from tests.sandbox.simulation.growth import DAY
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_S = 300
SIGN_IN_S = 40
REFRESH_S = 120


@dataclass
class Stack:
    process: subprocess.Popen[str]
    folder: Path
    url: str
    output: list[str]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("run")
    # so that the first model learns from fewer creators than a run would simulate, and fits no trees
    population.write(
        folder / "population.csv.gz", seed=1, accounts=8, posts_max=20, until=int(time.time()) // DAY * DAY
    )
    # none for covers: tests/posts/content/test_picture_networks.py exports them
    (folder / "networks").mkdir()
    stack = start(folder, free_port())
    yield stack
    stop(stack)


def start(folder: Path, port: int) -> Stack:
    command = [sys.executable, "-m", "deploy.local.run", "--port", str(port), "--data", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "TIKTOK_"))}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = read_until_running(process)
    return Stack(process, folder, f"http://127.0.0.1:{port}", output)


def read_until_running(process: subprocess.Popen[str]) -> list[str]:
    lines = []
    deadline = time.monotonic() + START_S
    for line in process.stdout or ():
        lines.append(line)
        if "Ctrl-C ends" in line:
            return lines
        assert time.monotonic() < deadline, "".join(lines)
    raise AssertionError("it ended instead of running:\n" + "".join(lines))


def stop(stack: Stack) -> None:
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGINT)
        stack.process.wait(60)
    if stack.process.stdout:
        stack.process.stdout.close()


def processes_of(folder: Path) -> list[str]:
    """Command lines of every process that mentions the folder, or was started with it in its environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in command + environment and entry.name != str(os.getpid()):
            found.append(command.replace(b"\0", b" ").decode())
    return found


def sign_in(stack: Stack, creator: str) -> requests.Session:
    """As a browser would: the sign-in page's form, TikTok's consent page, the callback."""
    session = requests.Session()
    page = session.get(f"{stack.url}/sign-in/", timeout=30)
    form = re.search(r'<form[^>]*action="(/accounts/tiktok/login/[^"]*)"', page.text)
    assert form, page.text
    token = session.cookies["csrftoken"]
    redirect = session.post(
        f"{stack.url}{form[1]}",
        data={"csrfmiddlewaretoken": token},
        headers={"Referer": stack.url},
        allow_redirects=False,
        timeout=30,
    )
    callback = consent(requests.Session(), redirect.headers["Location"], creator)
    landed = session.get(callback, timeout=30)
    assert landed.ok
    deadline = time.monotonic() + SIGN_IN_S
    while "Connecting to TikTok" in landed.text and time.monotonic() < deadline:
        # the page asks anew by itself, after a second
        time.sleep(0.2)
        landed = session.get(landed.url, timeout=30)
    # nothing is read before they agree
    assert landed.url.startswith(f"{stack.url}/your-data/consent/"), landed.text[:2000]
    asked = session.get(f"{stack.url}/api/v1/privacy/consents", timeout=30).json()
    answers = {
        "csrfmiddlewaretoken": session.cookies["csrftoken"],
        "start": "yes",
        "agree": ["service", "learning", "outcomes"],
        **{f"version-{each['purpose']}": each["version"] for each in asked},
    }
    agreed = session.post(landed.url, data=answers, headers={"Referer": stack.url}, timeout=30)
    assert agreed.url.startswith(f"{stack.url}/overview/"), agreed.text[:2000]
    return session


def wait_for_refresh(stack: Stack, session: requests.Session) -> dict[str, object]:
    [account] = session.get(f"{stack.url}/api/v1/accounts/", timeout=30).json()["results"]

    def refresh() -> dict[str, object]:
        return dict(session.get(f"{stack.url}/api/v1/accounts/{account['id']}/refresh/", timeout=30).json())

    wait_until(
        lambda: refresh()["state"] in ("done", "partly_read", "failed"),
        "the refresh ends",
        patience_s=REFRESH_S,
        every_s=0.2,
    )
    return refresh()


def wait_for_weights(stack: Stack, session: requests.Session) -> dict[str, object]:
    [account] = session.get(f"{stack.url}/api/v1/accounts/", timeout=30).json()["results"]

    def weights() -> dict[str, object]:
        answer = session.get(f"{stack.url}/api/v1/accounts/{account['id']}/weights/", timeout=30)
        return dict(answer.json()) if answer.ok else {"posts": 0}

    wait_until(lambda: weights()["posts"], "weights are learned", patience_s=REFRESH_S, every_s=0.2)
    return weights()


def connect(stack: Stack, role: str = SERVICE_ROLE, *, password: str | None = None) -> psycopg.Connection:
    password = (stack.folder / "service-password").read_text() if password is None else password
    return psycopg.connect(
        host=sockets_of(stack), dbname="postcast", user=role, password=password, passfile="/dev/null", autocommit=True
    )


def sockets_of(stack: Stack) -> str:
    arguments = next(line for line in processes_of(stack.folder) if "/bin/postgres -D" in line)
    found = re.search(r"-k (\S+)", arguments)
    assert found
    return found[1]


def creators(stack: Stack) -> list[dict[str, object]]:
    """Return the creators whose posts fill two pages, the fewest posts first: each post's cover takes a worker long."""
    arguments = next(line for line in processes_of(stack.folder) if "tests.sandbox" in line)
    port = re.search(r"--port (\d+)", arguments)
    assert port
    answer = requests.get(f"http://127.0.0.1:{port[1]}/_sandbox/creators", timeout=30)
    several_pages = [row for row in answer.json()["creators"] if row["posts"] > PAGE_SIZE]
    return sorted(several_pages, key=lambda row: int(row["posts"]))


def test_creators_to_learn_from_are_simulated_at_the_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, commands = local_run.run, []

    def run_with_few_creators(environment: Mapping[str, str], *command: str) -> str:
        commands.append(command)
        return run(environment, *command, "--accounts", "3") if "tests.sandbox.simulation.population" in command else ""

    monkeypatch.setattr(local_run, "run", run_with_few_creators)
    for _ in range(2):
        local_run.train_first_model(tmp_path, os.environ)
    history = tmp_path / "population.csv.gz"
    simulated, *trained = commands
    assert simulated[:2] == ("-m", "tests.sandbox.simulation.population")
    assert trained == [("manage.py", "train_model", str(history), "--promote")] * 2
    assert len(list(read_history_file(history))) == 3


def test_it_says_what_it_does_and_where_it_is(stack: Stack) -> None:
    output = "".join(stack.output)
    for name in ("databases", "migrations", "sandbox", "first model", "services"):
        assert name in output
    assert stack.url in output
    assert "password" in output


def test_from_the_consent_page_to_a_forecast(stack: Stack) -> None:
    creator = creators(stack)[2]
    session = sign_in(stack, str(creator["handle"]))
    refresh = wait_for_refresh(stack, session)
    assert refresh["state"] == "done", refresh
    posts = session.get(f"{stack.url}/api/v1/posts/", timeout=30).json()
    assert posts["count"] >= int(str(creator["posts"]))
    weights = wait_for_weights(stack, session)
    assert weights["model_version"]

    answer = session.post(
        f"{stack.url}/predict",
        json={"post": {"text": "Sunset at the pier? #sunset", "hashtags": ["sunset"]}, "explain": True},
        headers={"X-CSRFToken": session.cookies["csrftoken"], "Referer": stack.url},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    forecast = answer.json()
    low, high = forecast["prediction"]["interval"]
    assert 0 <= low <= forecast["prediction"]["typical"] <= high
    assert forecast["model_version"] == weights["model_version"]
    assert forecast["explanation"]
    assert forecast["baseline"]["predicted_engagement"] > 0
    recorded = session.get(f"{stack.url}/api/v1/predictions/", timeout=30).json()
    assert recorded["count"] == 1


def test_the_service_connects_as_a_role_that_cannot_change_the_trail(stack: Stack) -> None:
    session = sign_in(stack, str(creators(stack)[1]["handle"]))
    wait_for_refresh(stack, session)
    with connect(stack) as service:
        connected = service.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL"
        ).fetchall()
    assert connected == [(SERVICE_ROLE,)]
    for statement in (
        "UPDATE privacy_accessevent SET why = 'x'",
        "DELETE FROM privacy_accessevent",
        "TRUNCATE privacy_accessevent",
        "ALTER TABLE privacy_accessevent DISABLE TRIGGER append_only",
        "UPDATE privacy_subjectkey SET key = decode(repeat('ab', 32), 'hex')",
        "CREATE TEMPORARY TABLE privacy_accessevent ()",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        f"ALTER ROLE {SERVICE_ROLE} SUPERUSER",
        "COPY privacy_accessevent TO PROGRAM 'cat'",
    ):
        with connect(stack) as service, pytest.raises(InsufficientPrivilege):
            service.execute(statement)


@pytest.mark.parametrize("role", ["postgres", SERVICE_ROLE, "nobody", "root"])
def test_nobody_gets_in_without_their_password(stack: Stack, role: str) -> None:
    for password in (
        "",
        "postgres",
        *([] if role == SERVICE_ROLE else [(stack.folder / "service-password").read_text()]),
    ):
        with pytest.raises(psycopg.OperationalError, match=r"password|authentication"):
            connect(stack, role, password=password)


def test_staff_get_in_with_the_password_of_the_box_and_a_code(stack: Stack) -> None:
    found = re.search(r"user staff, password (\S+)", "".join(stack.output))
    assert found
    code = [sys.executable, "-m", "deploy.local.staff_code", "--data", str(stack.folder)]
    session = requests.Session()
    for path, answer in (
        ("/admin/login/?next=/admin/", {"username": "staff", "password": found[1]}),
        ("/admin/second-factor/?next=/admin/", {"code": subprocess.check_output(code, text=True).strip()}),
    ):
        session.get(f"{stack.url}{path}", timeout=30)
        form = {"csrfmiddlewaretoken": session.cookies["csrftoken"], **answer}
        page = session.post(f"{stack.url}{path}", data=form, headers={"Referer": stack.url}, timeout=30)
        assert page.ok
    assert page.url == f"{stack.url}/admin/", page.text[:2000]


def test_a_run_that_is_killed_stops_no_next_one_which_keeps_the_data_and_ends_by_ctrl_c(stack: Stack) -> None:
    signed_in = sign_in(stack, str(creators(stack)[0]["handle"]))
    stack.process.kill()
    stack.process.wait(10)
    stop(stack)
    if sys.platform == "linux":
        wait_until(lambda: processes_of(stack.folder) == [], "its processes end", patience_s=20)
    stack.process = start(stack.folder, int(stack.url.rsplit(":", 1)[1])).process
    assert requests.get(f"{stack.url}/readyz", timeout=30).json()["status"] == "ok"
    account = signed_in.get(f"{stack.url}/api/v1/accounts/", timeout=30)
    assert account.status_code == 200
    assert account.json()["count"] == 1
    stop(stack)
    assert stack.process.returncode == 0
    assert processes_of(stack.folder) == []
