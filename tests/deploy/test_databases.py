"""Connections past one server: a real standby for late reads, and a real PgBouncer that pools transactions."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from config import databases
from config.databases import REPLICA, late_reads
from config.settings.variables import settings_from
from deploy.local.postgres import _identity, programs
from deploy.local.servers import free_port, wait_for_port
from posts.models import Trend
from posts.trends.selectors import rising_hashtags
from tests.test_environment import GOOD, read_environment

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


class Standby:
    """A PostgreSQL that replays what the tests' own server writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.identity = _identity(self.data)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        url = urlsplit(os.environ["DATABASE_URL"])
        self.first = {"user": url.username, "password": url.password, "host": parse_qs(url.query)["host"][0]}
        if self.identity:
            os.chown(folder, self.identity["user"], self.identity["group"])
        with connection.cursor() as cursor:
            cursor.execute("SHOW hba_file")
            doors = Path(cursor.fetchone()[0])
            if "replication" not in doors.read_text():
                doors.write_text(doors.read_text() + "local replication all scram-sha-256\n")
                cursor.execute("SELECT pg_reload_conf()")
        self._copy()

    def _copy(self) -> None:
        command: list[Any] = [
            programs() / "pg_basebackup",
            "-D",
            self.data,
            "-h",
            self.first["host"],
            "-U",
            self.first["user"],
        ]
        subprocess.run(
            [*command, "--wal-method=stream", "--checkpoint=fast", "--no-sync", "--write-recovery-conf"],
            env={**os.environ, "PGPASSWORD": str(self.first["password"])},
            cwd=self.folder,
            check=True,
            **self.identity,
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        command: list[Any] = [programs() / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "-h", "127.0.0.1"], cwd=self.folder, stdout=log, stderr=log, **self.identity
            )
        wait_for_port(self.port, self.process)

    def stop(self) -> None:
        """End it, also while clients are connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    @property
    def settings(self) -> dict[str, Any]:
        """Django's settings of the replica, as the environment variable makes them."""
        name = connection.settings_dict["NAME"]
        url = f"postgresql://{self.first['user']}:{self.first['password']}@/{name}?host={self.folder}&port={self.port}"
        return dict(settings_from(read_environment({**GOOD, "DATABASE_REPLICA_URL": url}))["DATABASES"][REPLICA])


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database without a transaction around the test, and any alias that the test adds."""
    with django_db_blocker.unblock():
        yield
        Trend.objects.all().delete()


@pytest.fixture
def standby(committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standby]:
    """A running standby, configured as the replica."""
    # its folder must be open to the server's user
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o011)
    server = Standby(tmp_path)
    server.start()
    monkeypatch.setattr(databases, "_look", databases._Look(float("-inf"), None))
    monkeypatch.setattr(databases, "LOOKED_AT_EVERY_S", 0)
    configured = connections.configure_settings({REPLICA: server.settings, "default": {}})
    monkeypatch.setitem(connections.databases, REPLICA, configured[REPLICA])
    yield server
    connections[REPLICA].close()
    del connections[REPLICA]
    server.stop()


def replayed(moment: Any) -> bool:
    """Return whether the standby has what was committed until then, within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if late_reads(after=moment) == REPLICA:
            return True
        time.sleep(0.02)
    return False


def trend(tag: str) -> Trend:
    return Trend.objects.create(tag=tag, as_of=timezone.now(), accounts=20, growth=4, growth_low=2, growth_high=8)


def test_late_reads_go_to_a_standby_that_is_up_to_date_and_otherwise_to_the_first_server(standby):
    asked_at = timezone.now()
    trend("pier")
    assert replayed(asked_at)
    assert [each.tag for each in rising_hashtags("", timezone.now())] == ["pier"]
    assert rising_hashtags("", timezone.now()).db == REPLICA
    # nothing that is committed from now on is there yet
    assert late_reads(after=timezone.now() + timedelta(minutes=1)) == "default"
    standby.stop()
    trend("sunset")
    assert late_reads() == "default"
    assert {each.tag for each in rising_hashtags("", timezone.now())} == {"pier", "sunset"}


def test_a_standby_that_stopped_replaying_is_not_read_after_a_minute(standby, monkeypatch):
    trend("pier")
    assert replayed(None)
    monkeypatch.setattr(timezone, "now", lambda now=timezone.now: now() + databases.LATE_AT_MOST)
    assert late_reads() == "default"


@pytest.mark.django_db
def test_without_a_standby_the_first_server_is_read():
    assert REPLICA not in settings.DATABASES
    assert late_reads(after=timezone.now()) == "default"


@pytest.fixture
def pooled(committed: None, tmp_path: Path) -> Iterator[Any]:
    """A connection through a PgBouncer of two server connections that pools transactions, as the variables make it."""
    assert PGBOUNCER
    url = urlsplit(os.environ["DATABASE_URL"])
    port = free_port()
    name, host = connection.settings_dict["NAME"], parse_qs(url.query)["host"][0]
    users = tmp_path / "users.txt"
    users.write_text(f'"{url.username}" "{url.password}"\n')
    ini = tmp_path / "pgbouncer.ini"
    ini.write_text(
        f"[databases]\n* = host={host}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\n"
        "default_pool_size = 2\n"
    )
    for path in (*tmp_path.parents[:2], tmp_path, users, ini):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([PGBOUNCER, *user, ini], stdout=log, stderr=log)
    try:
        wait_for_port(port, process)
        variables = {**GOOD, "DATABASE_POOLER": "true"}
        variables["DATABASE_URL"] = f"postgresql://{url.username}:{url.password}@127.0.0.1:{port}/{name}"
        values = settings_from(read_environment(variables))["DATABASES"]
        yield connections.configure_settings(values)["default"]
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(PGBOUNCER is None, reason="needs Debian's pgbouncer")
def test_many_connections_share_two_behind_a_pooler(pooled):
    for number in range(12):
        trend(f"tag{number}")
    aliases = [f"pooled{number}" for number in range(8)]
    connections.databases.update(dict.fromkeys(aliases, pooled))
    clients = [connections[alias] for alias in aliases]
    try:
        servers = set()
        for turn in range(3):
            for client in clients:
                rows = Trend.objects.using(client.alias).order_by("pk")
                # an iterator would be a cursor of the server, which the next transaction does not have
                assert [row.tag for row in rows.iterator(chunk_size=2)][turn] == f"tag{turn}"
                with client.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    servers.add(cursor.fetchone()[0])
        assert 1 <= len(servers) <= 2
    finally:
        for client in clients:
            client.close()
            del connections.databases[client.alias]
