"""CPU per request of ways to connect, interleaved: `python -m tests.bench.connections` (needs psycopg_pool, pgbouncer).

A request here checks its connection and runs two trivial statements. Printed is the median of rounds, in microseconds
of this process's CPU; PgBouncer's own comes on top.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deploy.local.postgres import Postgres, start_postgres
from deploy.local.servers import free_port, wait_for_port

ROUNDS, REQUESTS = 7, 60


def main() -> None:
    """Print a line for each way."""
    folder = Path(tempfile.mkdtemp(prefix="postcast-connections-"))
    folder.chmod(0o755)
    postgres = start_postgres(folder / "postgres", "postcast")
    pooler, port = _start_pooler(folder, postgres)
    try:
        for name, times in _measure(postgres.url, port).items():
            print(f"{name:24} {statistics.median(times):6.0f} us")
        ticks = Path(f"/proc/{pooler.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        print(f"{'PgBouncer itself':24} {seconds / (ROUNDS + 1) / REQUESTS * 1e6:6.0f} us")
    finally:
        pooler.kill()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _start_pooler(folder: Path, postgres: Postgres) -> tuple["subprocess.Popen[bytes]", int]:
    url, port = urlsplit(postgres.url), free_port()
    (folder / "users").write_text(f'"{url.username}" "{url.password}"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={parse_qs(url.query)['host'][0]}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {folder}/users\n"
        "pool_mode = transaction\n"
    )
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") or "pgbouncer"
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, "-q", *user, folder / "ini"], stderr=subprocess.DEVNULL)
    wait_for_port(port, process)
    return process, port


def _measure(url: str, port: int) -> dict[str, list[float]]:
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.development"}
    import django

    django.setup()
    from django.db import connections

    base = dict(connections.settings["default"])
    pool = {**base["OPTIONS"], "pool": {"min_size": 1, "max_size": 2}}
    ways: dict[str, dict[str, Any]] = {
        "kept open": {},
        "psycopg's pool": {"CONN_MAX_AGE": 0, "OPTIONS": pool},
        "opened for each": {"CONN_MAX_AGE": 0},
        "kept open to PgBouncer": {"HOST": "127.0.0.1", "PORT": port, "DISABLE_SERVER_SIDE_CURSORS": True},
    }
    for name, changed in ways.items():
        connections.databases[name] = {**base, **changed}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name in ways:
            took = _round(connections[name])
            if turn:
                times[name].append(took)
    return times


def _round(connection: Any) -> float:
    begun = time.process_time()
    for _ in range(REQUESTS):
        connection.close_if_unusable_or_obsolete()
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchone()
        connection.health_check_done = False
        if connection.settings_dict["CONN_MAX_AGE"] == 0:
            connection.close()
    return (time.process_time() - begun) / REQUESTS * 1e6


if __name__ == "__main__":
    main()
