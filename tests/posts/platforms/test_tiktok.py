"""The Display API: types, rate limit, and downloads of covers that must not lead inside."""

import http.server
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from pydantic import ValidationError

from accounts.tiktok.errors import TikTokRateLimited, TikTokUnavailable
from posts.platforms.base import CoverUnavailable
from posts.platforms.tiktok import covers, limits
from posts.platforms.tiktok.client import DisplayAPI
from posts.platforms.tiktok.covers import fetch_cover
from posts.platforms.tiktok.wire import Video, VideoPage

ROOT = Path(__file__).resolve().parents[3]
MINIMAL = {"id": "7301", "create_time": 1_700_000_000}


# --- the wire ------------------------------------------------------------------------------------------------------


def test_only_kept_fields_are_requested():
    assert set(Video.fields_to_ask().split(",")) == {
        *("id", "create_time", "video_description", "title", "duration", "share_url", "is_aigc"),
        *("like_count", "comment_count", "share_count", "view_count"),
    }


@given(st.text(alphabet=st.characters()) | st.none())
def test_any_caption_can_be_stored(text):
    """JSON can carry NUL and lone surrogates; PostgreSQL and UTF-8 cannot."""
    caption = Video.model_validate({**MINIMAL, "video_description": text, "title": None}).as_fetched().caption
    assert "\x00" not in caption
    caption.encode("utf-8")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://www.tiktok.com/@a/video/1", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://www.tiktok.com/" + "a" * 500, False),
        ("https://[", False),
    ],
)
def test_only_web_addresses_are_linked_to(address, kept):
    assert Video.model_validate({**MINIMAL, "share_url": address}).share_url == (address if kept else "")


@pytest.mark.parametrize(
    "wrong",
    [{"id": ""}, {"id": "x" * 65}, {"id": "a\x00b"}, {"create_time": -1}, {"like_count": -1}, {"like_count": 2**63}],
)
def test_videos_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Video.model_validate({**MINIMAL, **wrong})


def test_ids_may_come_as_numbers():
    assert Video.model_validate({**MINIMAL, "id": 7301}).id == "7301"


def test_a_page_that_goes_on_must_say_where():
    with pytest.raises(ValidationError, match="without a cursor"):
        VideoPage.model_validate({"videos": [], "has_more": True})
    assert VideoPage.model_validate({"videos": None, "has_more": False}).videos == []


@pytest.mark.parametrize("data", [{}, {"videos": None}, {"videos": {}}, {"videos": [{"like_count": 1}]}])
def test_an_odd_answer_never_looks_like_deleted_videos(data, monkeypatch):
    api = DisplayAPI(1)
    monkeypatch.setattr(api, "_call", lambda *_: data)
    with pytest.raises(TikTokUnavailable):
        api.counts(["1"])


def test_a_query_is_of_twenty_at_most():
    with pytest.raises(ValueError, match="at most 20"):
        DisplayAPI(1).counts(map(str, range(21)))


# --- the limit -----------------------------------------------------------------------------------------------------


TAKE_TURNS = """
import django
django.setup()
from limits import RateLimitItemPerMinute
from accounts.tiktok.errors import TikTokRateLimited
from posts.platforms.tiktok import limits

limits.LONGEST_WAIT_S = 0
taken = 0
for _ in range(40):
    try:
        limits.wait_for_turn("shared", limit=RateLimitItemPerMinute(50))
        taken += 1
    except TikTokRateLimited:
        pass
print(taken)
"""


def test_all_processes_share_one_limit():
    workers = [
        subprocess.Popen([sys.executable, "-c", TAKE_TURNS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 50


def test_the_window_moves(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0)
    two = RateLimitItemPerMinute(2)
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as now:
        limits.wait_for_turn("a", limit=two)
        now.shift(50)
        limits.wait_for_turn("a", limit=two)
        limits.wait_for_turn("b", limit=two)  # each endpoint has its own
        now.shift(11)
        limits.wait_for_turn("a", limit=two)
        with pytest.raises(TikTokRateLimited) as refused:
            limits.wait_for_turn("a", limit=two)
        # the second of the calls so far, made 11 s ago, is the next to leave the window
        assert refused.value.retry_after == pytest.approx(49)


def test_a_call_waits_for_a_turn_that_comes_soon():
    for _ in range(4):
        limits.wait_for_turn("a", limit=RateLimitItemPerSecond(2))


def test_the_limit_lies_below_tiktoks():
    assert limits.CALLS_PER_MINUTE.amount / limits.CALLS_PER_MINUTE.get_expiry() < 600 / 60


# --- covers --------------------------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    """Counts its requests and replies with `answer`."""

    requests = 0
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"picture")

    def do_GET(self) -> None:
        type(self).requests += 1
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def inside() -> Iterator[int]:
    """The port of a web server on loopback."""
    Handler.requests, Handler.answer = 0, (200, {}, b"picture")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "0"])
def test_an_address_that_leads_inside_is_never_asked(inside, settings, host):
    settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
    with pytest.raises(CoverUnavailable):
        fetch_cover(f"http://{host}:{inside}/cover.jpg")
    assert Handler.requests == 0


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.com/a", "//example.com/a", "", "http://["])
def test_only_web_addresses_are_fetched(address):
    with pytest.raises(CoverUnavailable):
        fetch_cover(address)


@pytest.mark.parametrize(
    ("peer", "host", "api", "allowed"),
    [
        ("93.184.216.34", "cdn.example", "https://open.tiktokapis.com", True),
        ("10.0.0.7", "cdn.example", "https://open.tiktokapis.com", False),
        ("169.254.169.254", "cdn.example", "https://open.tiktokapis.com", False),
        ("192.168.1.1", "cdn.example", "http://127.0.0.1:8900", False),
        ("::1", "cdn.example", "https://open.tiktokapis.com", False),
        ("fe80::1%eth0", "cdn.example", "https://open.tiktokapis.com", False),
        ("::ffff:10.0.0.7", "cdn.example", "https://open.tiktokapis.com", False),
        ("2606:2800:220:1::1", "cdn.example", "https://open.tiktokapis.com", True),
        ("224.0.0.1", "cdn.example", "https://open.tiktokapis.com", False),
        # the sandbox: on loopback, or under the name that the API itself has
        ("127.0.0.1", "localhost", "http://127.0.0.1:8900", True),
        ("::1", "localhost", "http://localhost:8900", True),
        ("10.0.0.7", "sandbox", "http://sandbox:8900", True),
    ],
)
def test_covers_come_from_outside_or_from_the_api(settings, peer, host, api, allowed):
    settings.TIKTOK_API_URL = api
    connected = Mock(spec=socket.socket)
    connected.getpeername.return_value = (peer, 443)
    if allowed:
        assert covers._refuse_internal(connected, host) is connected
    else:
        with pytest.raises(CoverUnavailable, match="internal"):
            covers._refuse_internal(connected, host)
        connected.close.assert_called_once()


def test_redirects_are_not_followed(inside, settings):
    settings.TIKTOK_API_URL = f"http://127.0.0.1:{inside}"
    Handler.answer = (302, {"Location": "/elsewhere"}, b"")
    with pytest.raises(CoverUnavailable, match="302"):
        fetch_cover(f"http://127.0.0.1:{inside}/")
    assert Handler.requests == 1


def test_a_cover_too_large_is_dropped(inside, settings, monkeypatch):
    settings.TIKTOK_API_URL = f"http://127.0.0.1:{inside}"
    monkeypatch.setattr(covers, "MAX_COVER_BYTES", 3)
    with pytest.raises(CoverUnavailable, match="more than 3 bytes"):
        fetch_cover(f"http://127.0.0.1:{inside}/")


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (500, 3), (429, 3)])
def test_only_passing_trouble_is_tried_again(inside, settings, status, asked):
    settings.TIKTOK_API_URL = f"http://127.0.0.1:{inside}"
    Handler.answer = (status, {}, b"")
    with pytest.raises(CoverUnavailable, match=str(status)):
        fetch_cover(f"http://127.0.0.1:{inside}/")
    assert Handler.requests == asked
