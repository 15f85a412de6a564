"""The migrated test database, kept as SQL: migrations run once a day, and again when one of them changes.

A test process then starts from a copy, which takes a second instead of half a minute.
"""

import datetime
import fcntl
import hashlib
import subprocess
from pathlib import Path

from django.db import connection

from deploy.local.postgres import programs

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "databases"
TEMPLATE = "migrated"


class MigratedDatabase:
    """The way to it: of two processes that begin at once, one waits until the other's database is made."""

    def begin(self) -> None:
        """Have the test database made as a copy of what is kept, if that is of the same migrations."""
        KEPT.mkdir(parents=True, exist_ok=True)
        self._lock = (KEPT / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._kept = KEPT / f"{_digest()}.sql"
        self._is_new = not self._kept.exists()
        if not self._is_new:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {TEMPLATE}")
            _run("psql", TEMPLATE, "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--file", str(self._kept))
            # migrations that were run already are run no more
            connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE

    def is_made(self) -> None:
        """Keep the database if it was migrated just now, and let the next process begin."""
        if self._is_new:
            for outdated in KEPT.glob("*.sql"):
                outdated.unlink()
            aside = self._kept.with_suffix(".new")
            _run("pg_dump", connection.settings_dict["NAME"], "--file", str(aside))
            aside.rename(self._kept)
        self._lock.close()


def _run(program: str, database: str, *arguments: str) -> None:
    account = connection.get_connection_params()
    environment = {"PGHOST": account["host"], "PGUSER": account["user"], "PGPASSWORD": account["password"]}
    subprocess.run([programs() / program, *arguments, "--dbname", database], check=True, env=environment)


def _digest() -> str:
    """Return a hash of all migrations and libraries, and of the day: there are partitions for days."""
    digest = hashlib.sha256(str(datetime.datetime.now(datetime.UTC).date()).encode())
    for path in (*sorted(ROOT.glob("*/migrations/*.py")), *sorted((ROOT / "requirements").glob("*.txt"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
