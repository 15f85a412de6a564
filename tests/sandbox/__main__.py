"""Start the sandbox: `python -m tests.sandbox`."""

import argparse
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn

from tests.sandbox.app import create_app
from tests.sandbox.context import Settings
from tests.sandbox.simulation.growth import DAY


class _Server(uvicorn.Server):
    """A server that prints its address on standard output once it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.config.host, self.servers[0].sockets[0].getsockname()[1]
        print(f"sandbox ready on http://{host}:{port}", flush=True)


def main() -> None:
    """Serve until interrupted."""
    parser = _parser()
    options = parser.parse_args()
    settings = Settings(
        client_key=options.client_key,
        client_secret=options.client_secret,
        seed=options.seed,
        epoch=options.epoch,
        speed=options.speed,
        redirect_uris=tuple(options.redirect_uri),
        webhook_url=options.webhook_url,
        state_file=options.state,
    )
    try:
        app = create_app(settings)
    except ValueError as error:
        parser.exit(2, f"The sandbox cannot start: {error}.\n")
    config = uvicorn.Config(
        app, host=options.host, port=options.port, log_level="warning", timeout_graceful_shutdown=1, server_header=False
    )
    with suppress(KeyboardInterrupt):
        _Server(config).run()


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m tests.sandbox", description="A local TikTok with simulated creators, for development and tests."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (default %(default)s)")
    parser.add_argument("--port", type=_port, default=8900, help="0 takes a free one (default %(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="which simulated world (default %(default)s)")
    parser.add_argument("--client-key", default=defaults.client_key, help="the app's key (default %(default)s)")
    parser.add_argument(
        "--client-secret", default=defaults.client_secret, help="the app's secret (default %(default)s)"
    )
    parser.add_argument("--webhook-url", default="", help="address that webhooks are sent to; without it none are sent")
    parser.add_argument(
        "--speed",
        type=_speed,
        default=defaults.speed,
        help="sandbox seconds per real second; 0 stops the clock (default %(default)s)",
    )
    parser.add_argument("--state", type=Path, help="file that keeps grants, posts and clock between runs")
    parser.add_argument(
        "--epoch", type=_midnight, help="UTC midnight, in seconds, that histories end at (default: today)"
    )
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        help="a redirect URI that the app registered, compared exactly; may be repeated (default: any on this machine)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: expected 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed: expected a number of at least 0")
    return speed


def _midnight(text: str) -> int:
    if not text.isdigit() or int(text) % DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is not a UTC midnight in seconds since 1970, as 1767225600 is")
    return int(text)


if __name__ == "__main__":
    main()
