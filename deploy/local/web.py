"""The web server of `make run` and of the tests: gunicorn behind the proxy that production has too."""

import sys
from collections.abc import Mapping
from pathlib import Path

BINARIES = Path(sys.executable).parent
CADDYFILE = "deploy/Caddyfile"


def web_command(port: int, configuration: str = "deploy/gunicorn_conf.py") -> list[str]:
    """Return the command that serves Postcast on the loopback port, for a proxy."""
    web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--config", configuration]
    return [*web, "--bind", f"127.0.0.1:{port}"]


def uploads_command(port: int) -> list[str]:
    """Return the command that takes imports on the loopback port, for a proxy."""
    return web_command(port, "deploy/uploads_conf.py")


def proxy_command() -> list[str]:
    """Return the command that runs the proxy, with `proxy_environment`."""
    return [str(BINARIES / "caddy"), "run", "--config", CADDYFILE, "--adapter", "caddyfile"]


def proxy_environment(
    folder: Path, port: int, web_port: int, uploads_port: int, *, behind_another: bool = False
) -> Mapping[str, str]:
    """Return the variables of a proxy that listens on the loopback port and keeps its files in `folder`.

    `behind_another` lets it believe what a proxy on this machine, a tunnel, says of where a request comes from.
    """
    return {
        "SITE_ADDRESS": f"http://:{port}",
        "BIND_ADDRESS": "127.0.0.1",
        "UPSTREAM": f"127.0.0.1:{web_port}",
        "UPLOADS_UPSTREAM": f"127.0.0.1:{uploads_port}",
        "TRUSTED_PROXIES": "127.0.0.0/8 ::1/128" if behind_another else "",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
