"""Servers on this machine that send exactly the bytes that a test tells them to, at its pace."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Play = Callable[[socket.socket], None]


class Outsider:
    """Answers each connection with `play`; `connections` counts them, `heads` keeps what was asked."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.heads: list[bytes] = []
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self.socket.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=[connected], daemon=True).start()

    def _answer(self, connected: socket.socket) -> None:
        # the client may hang up at any moment: that is what it is tested for
        with connected, suppress(OSError):
            self.heads.append(connected.recv(65_536))
            self.play(connected)


@contextmanager
def outsider(play: Play) -> Iterator[Outsider]:
    """Serve for the length of a test."""
    server = Outsider(play)
    try:
        yield server
    finally:
        server.socket.close()


def sends(*pieces: bytes, every_s: float = 0.0) -> Play:
    """Send the pieces, with pauses between them."""

    def play(connected: socket.socket) -> None:
        for piece in pieces:
            connected.sendall(piece)
            time.sleep(every_s)

    return play


def answers(status: int, body: bytes = b"", **headers: str) -> Play:
    """Send a whole answer."""
    named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Any", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return sends("\r\n".join(lines).encode() + body)


def drips(whole: bytes, every_s: float) -> Play:
    """Send a byte at a time."""
    return sends(*(whole[i : i + 1] for i in range(len(whole))), every_s=every_s)
