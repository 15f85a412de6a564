"""Answers of TikTok, whole and changed at random, served over HTTP: a tree's values, its bytes, its headers."""

import copy
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

VIDEOS = 6
PAGE = 3
NOW = int(time.time())
DIGITS = "DIGITS-5000"
"""Stands for an integer of 5,000 digits until the answer is text: Python writes none."""

ODD_VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        1.5,
        -0.0,
        1e400,
        float("nan"),
        2**31,
        2**63,
        -(2**63),
        10**30,
        NOW * 1000,
        NOW * 10,
    ),
    *("", "0", "-1", "null", "ok", "true", "x" * 10_000, "\x00", "\ud800", "٣", "🔥", "a\r\nb: c", "http://127.0.0.1/"),
    *([], {}, [[]], [None], {"": None}, {"code": "ok"}, DIGITS),
]
STATUSES = (200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 502, 503)
HEADERS = (
    *(("Retry-After", value) for value in ("0", "1", "-1", "99999999999", "soon", "9" * 5000)),
    *(("Content-Encoding", value) for value in ("gzip", "identity", "br", "gzip, gzip")),
    *(("Content-Type", "text/html"), ("X-Long", "y" * 50_000), ("Location", "http://169.254.169.254/")),
)


def whole_answer(path: str, form_or_body: bytes) -> Any:
    """Return what TikTok answers when nothing is wrong: an account with `VIDEOS` videos on two pages."""
    match path:
        case "/v2/oauth/token/":
            return {
                "open_id": "open-mutated",
                "scope": "user.info.basic,user.info.profile,user.info.stats,video.list",
                "access_token": "act.new",
                "expires_in": 7200,
                "refresh_token": "rft.new",
                "refresh_expires_in": 180 * 86_400,
            }
        case "/v2/user/info/":
            data: dict[str, Any] = {
                "user": {
                    **{"open_id": "open-mutated", "display_name": "Somebody", "username": "some.body"},
                    **{"is_verified": False, "follower_count": 1234, "video_count": VIDEOS, "likes_count": 99},
                }
            }
        case "/v2/video/list/":
            first = b"cursor" not in form_or_body
            numbers = range(PAGE) if first else range(PAGE, VIDEOS)
            data = {
                "videos": [_video(number) for number in numbers],
                "cursor": (NOW - 86_400 * (PAGE if first else VIDEOS)) * 1000,
                "has_more": first,
            }
        case _:
            asked = {str(number): number for number in range(VIDEOS) if f'"{number}"'.encode() in form_or_body}
            data = {"videos": [_video(number) for number in asked.values()]}
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": "2026"}}


def _video(number: int) -> dict[str, Any]:
    return {
        **{"id": str(number), "create_time": NOW - 86_400 * (number + 1), "duration": 20, "is_aigc": False},
        **{"video_description": f"Caption {number} #lighthouse", "title": "", "share_url": "https://www.tiktok.com/@a"},
        **{"like_count": 10, "comment_count": 2, "share_count": 1, "view_count": 500},
        "cover_image_url": "http://127.0.0.1:1/cover.jpg",
    }


def mutated(chance: random.Random, answer: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return a status, headers and a body: the answer with one to three things wrong."""
    status, headers = 200, []
    answer = copy.deepcopy(answer)
    kinds = chance.choices(
        ("value", "bytes", "status", "header", "nothing"), weights=(12, 3, 2, 2, 1), k=chance.randint(1, 3)
    )
    for _ in range(kinds.count("value")):
        answer = _with_odd_value(chance, answer)
    body = json.dumps(answer).encode().replace(f'"{DIGITS}"'.encode(), b"9" * 5000)
    for _ in range(kinds.count("bytes")):
        body = _with_odd_bytes(chance, body)
    if "status" in kinds:
        status = chance.choice(STATUSES)
    if "header" in kinds:
        headers.append(chance.choice(HEADERS))
    return status, headers, body


def _with_odd_value(chance: random.Random, tree: Any) -> Any:
    places = list(_places(tree))
    if not places or chance.random() < 0.03:
        return copy.deepcopy(chance.choice(ODD_VALUES))
    holder, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.append(holder[key])
        case 2:
            holder[key] = [holder[key]]
        case 3:
            # three of them stay below what Python itself writes as JSON
            nested: Any = holder[key]
            for _ in range(chance.choice((3, 100, 250))):
                nested = [nested]
            holder[key] = nested
        case _:
            holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return tree


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (holder, key) of every value, down to a depth that answers have when they are whole."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            yield node, key
            if depth < 6:
                waiting.append((node[key], depth + 1))


def _with_odd_bytes(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    match chance.randrange(5):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + chance.randbytes(chance.randint(1, 8)) + body[at:]
        case 2:
            return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        case 3:
            return b"\xef\xbb\xbf" + body
        case _:
            return b"[" * chance.choice((10, 100_000)) + body


class MutatingTikTok:
    """Serves mutated answers; `sent` counts them by path. With `healthy` set it answers as TikTok does."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sent: Counter[str] = Counter()
        self.healthy = False
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, path: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body for a request."""
        with self.lock:
            whole = whole_answer(path, body)
            if self.healthy:
                return 200, [], json.dumps(whole).encode()
            self.sent[path] += 1
            return mutated(self.chance, whole)


@contextmanager
def mutating_tiktok(seed: int) -> Iterator[MutatingTikTok]:
    """Serve mutated answers on this machine for the length of a test."""
    tiktok = MutatingTikTok(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers, body = tiktok.answer(
                urlsplit(self.path).path, self.rfile.read(int(self.headers.get("Content-Length") or 0))
            )
            with suppress(OSError):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    tiktok.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield tiktok
    finally:
        server.shutdown()
        server.server_close()
