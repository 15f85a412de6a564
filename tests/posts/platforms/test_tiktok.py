"""The Display API: types, rate limit, and downloads of covers that must not lead inside."""

import contextlib
import dataclasses
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond

from accounts.tiktok.client import Profile
from accounts.tiktok.errors import AccessTokenInvalid, TikTokRateLimited, TikTokUnavailable, parse_envelope
from config.outside import shared
from config.outside.client import Answer
from posts.platforms.base import CoverHostTroubled, CoverUnavailable, FetchedCounts
from posts.platforms.tiktok import covers, limits
from posts.platforms.tiktok.client import DisplayAPI
from posts.platforms.tiktok.covers import fetch_cover
from posts.platforms.tiktok.wire import Video, read_page
from tests.outside.outsiders import drips, outsider, sends

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
        ("https://", False),
        ("https:///path", False),
        ("https://someone:else@www.tiktok.com/@a/video/1", False),
        ("https://www.tiktok.com\n.example", False),
        (" https://www.tiktok.com/@a/video/1", False),
        ("https://evil.example\\@www.tiktok.com/", False),
        ('https://www.tiktok.com/"onclick=', False),
    ],
)
def test_only_web_addresses_are_linked_to(address, kept):
    assert Video.model_validate({**MINIMAL, "share_url": address}).share_url == (address if kept else "")


@pytest.mark.parametrize(
    ("odd", "unknown"),
    [({"duration": value}, True) for value in (-5, "12", 12.5, 10**9)] + [({"duration": 0}, False)],
)
def test_a_duration_of_no_video_is_unknown(odd, unknown):
    assert (Video.model_validate({**MINIMAL, **odd}).duration is None) == unknown


@pytest.mark.parametrize("id", [" 73 ", "7 3", "73\n", "७३", "7" * 300, 7.3e18, True, ""])
def test_a_video_without_a_plain_id_is_left_out(id):
    page, _ = read_page({"videos": [{**MINIMAL, "id": id}, MINIMAL], "has_more": False})
    assert ([post.id for post in page.posts], page.skipped) == (["7301"], 1)


@pytest.mark.parametrize(("code", "kind"), [("OK", None), ("Access_Token_Invalid", AccessTokenInvalid)])
def test_codes_are_read_in_any_case(code, kind):
    answer = Answer(200, {}, json.dumps({"data": {"a": 1}, "error": {"code": code}}).encode())
    with pytest.raises(kind) if kind else contextlib.nullcontext():
        assert parse_envelope(answer) == {"a": 1}


COUNTS = ("like_count", "comment_count", "share_count", "view_count")
NO_COUNT: list[Any] = [
    -1,
    -977433948,
    1.5,
    5.0,
    "7",
    "many",
    True,
    2**53 + 1,
    2**63,
    10**400,
    float("nan"),
    float("inf"),
    [],
    {},
    [1],
    {"a": 1},
]
NO_FLAG: list[Any] = [1, 0, "true", "no", [], {}, 1.0]
NO_TEXT: list[Any] = [5, 1.5, True, [], {}, ["a"], {"text": "a"}]
NO_TIME: list[Any] = [
    0,
    -1,
    1,
    1_700_000_000_000,
    4_102_444_800,
    2**63,
    1.7e9,
    "1700000000",
    True,
    None,
    [],
    {},
    float("nan"),
]
NO_ID: list[Any] = ["", "x" * 65, "a\x00b", "a b", "\ud800", None, 1.5, 1e18, True, [], {}]


def page_of(*videos, **data):
    return read_page({"videos": list(videos), "cursor": 0, "has_more": False, **data})


@pytest.mark.parametrize("odd", NO_COUNT)
@pytest.mark.parametrize("name", COUNTS)
def test_an_odd_count_is_unknown_and_counted(name, odd):
    whole = dict.fromkeys(COUNTS, 7)
    page, unreadable = page_of({**MINIMAL, **whole, name: odd}, {**MINIMAL, **whole, "id": "7302"})
    assert [post.id for post in page.posts] == ["7301", "7302"]
    assert dataclasses.astuple(page.posts[0].counts)[:4] == tuple(None if each == name else 7 for each in COUNTS)
    assert dataclasses.astuple(page.posts[1].counts)[:4] == (7, 7, 7, 7)
    assert (page.skipped, page.unreadable, dict(unreadable)) == (0, 1, {name: 1})


@pytest.mark.parametrize(
    ("name", "odd", "kept", "said"),
    [
        *(("video_description", odd, "", "caption") for odd in NO_TEXT),
        *(("share_url", odd, "", "share_url") for odd in NO_TEXT),
        *(("duration", odd, None, "duration_s") for odd in [*NO_COUNT, 2**31, 3_000_000_000]),
        *(("is_aigc", odd, None, "is_ai_generated") for odd in NO_FLAG),
    ],
)
def test_any_other_odd_value_is_unknown_and_counted(name, odd, kept, said):
    page, unreadable = page_of({**MINIMAL, name: odd})
    assert getattr(page.posts[0], said) == kept
    assert dict(unreadable) == {name: 1}


def test_null_is_no_odd_value():
    page, unreadable = page_of({**dict.fromkeys(Video.model_fields), **MINIMAL})
    assert dataclasses.astuple(page.posts[0].counts)[:4] == (None,) * 4
    assert (page.skipped, page.unreadable, dict(unreadable)) == (0, 0, {})


@pytest.mark.parametrize(
    "odd",
    [
        *({**MINIMAL, "create_time": odd} for odd in NO_TIME),
        *({**MINIMAL, "id": odd} for odd in NO_ID),
        *({"id": "7301"}, {"create_time": 1_700_000_000}, {}, None, "video", 5, [], [MINIMAL], True),
    ],
)
def test_a_video_without_a_usable_id_or_time_is_left_out_and_counted(odd):
    page, _ = page_of({**MINIMAL, "id": "1"}, odd, {**MINIMAL, "id": "2"})
    assert [post.id for post in page.posts] == ["1", "2"]
    assert page.skipped == 1
    assert page.unreadable >= 1


def test_ids_may_come_as_numbers():
    assert Video.model_validate({**MINIMAL, "id": 7301}).id == "7301"


def test_a_video_that_comes_twice_counts_once():
    page, _ = page_of({**MINIMAL, "like_count": 1}, {**MINIMAL, "like_count": 2})
    assert [(post.id, post.counts.likes) for post in page.posts] == [("7301", 1)]


@pytest.mark.parametrize("odd", ["1700000000000", 1.7e12])
def test_a_cursor_may_come_as_a_text_or_float(odd):
    assert page_of(MINIMAL, cursor=odd, has_more=True)[0].next_cursor == 1_700_000_000_000


@pytest.mark.parametrize(
    "odd",
    [
        *(None, "", "next", -1, 1.5, True, 2**63, "9" * 5000, "²", float("nan"), float("inf"), []),
        # seconds and microseconds, which would lead past every video, and back to the first page
        *(0, 5, 1_600_000_000, 1_600_000_000_000_000),
    ],
)
def test_without_a_cursor_the_next_page_begins_at_the_last_video(odd):
    pinned = {**MINIMAL, "id": "0", "create_time": 1_500_000_000}
    page, unreadable = page_of(
        pinned, MINIMAL, {**MINIMAL, "id": "2", "create_time": 1_600_000_000}, cursor=odd, has_more=True
    )
    assert page.next_cursor == 1_600_000_000_000
    assert unreadable["cursor"] == (odd is not None)


@pytest.mark.parametrize("odd", [None, "true", "false", 1, 0, [], {}, float("nan")])
def test_where_it_is_not_said_a_page_with_videos_is_not_the_last(odd):
    cursor = 1_650_000_000_000
    assert page_of(MINIMAL, cursor=cursor, has_more=odd)[0].next_cursor == cursor
    assert page_of(cursor=cursor, has_more=odd)[0].next_cursor is None


def test_a_page_that_goes_on_must_say_where():
    with pytest.raises(TikTokUnavailable, match="without a cursor"):
        page_of(cursor=None, has_more=True)
    assert page_of(videos=None)[0].posts == ()


@pytest.mark.parametrize("data", [{}, {"videos": {}}, {"videos": "none"}, {"videos": 5}, {"has_more": False}])
def test_a_page_without_a_list_is_no_empty_page(data):
    with pytest.raises(TikTokUnavailable):
        read_page(data)


@pytest.mark.parametrize("data", [{}, {"videos": None}, {"videos": {}}, {"videos": "x"}])
def test_an_odd_answer_never_looks_like_deleted_videos(data, monkeypatch):
    api = DisplayAPI(1)
    monkeypatch.setattr(api, "_call", lambda *_: data)
    with pytest.raises(TikTokUnavailable):
        api.counts(["1"])


def test_an_odd_video_never_looks_like_a_deleted_one(monkeypatch):
    """Of four videos one has no usable id and one is gone: asked for alone, they can be told apart."""
    there = {"1": {"id": "1", "like_count": 5}, "2": {"id": None, "like_count": 6}, "3": {"id": "3", "share_count": -1}}
    api = DisplayAPI(1)
    monkeypatch.setattr(
        api,
        "_call",
        lambda method, path, fields, body: {
            "videos": [there[id] for id in body["filters"]["video_ids"] if id in there]
        },
    )
    counts = api.counts(["1", "2", "3", "4"])
    assert counts == {"1": FetchedCounts(likes=5), "2": FetchedCounts(), "3": FetchedCounts()}


@pytest.mark.parametrize("name", ["follower_count", "following_count", "likes_count", "video_count"])
@pytest.mark.parametrize("odd", NO_COUNT)
def test_an_odd_value_of_a_profile_is_unknown_and_named(name, odd):
    profile = Profile.read({"open_id": "o", "display_name": "Somebody", name: odd})
    assert (getattr(profile, name), profile.display_name) == (None, "Somebody")
    assert profile.unreadable == {name}


@pytest.mark.parametrize("odd", [None, [], "user", 5, True])
def test_a_profile_that_is_none_says_nothing(odd):
    profile = Profile.read(odd)
    assert profile.video_count is None
    assert profile.unreadable == set(Profile.model_fields) - {"unreadable"}


def test_texts_of_a_profile_fit_their_columns():
    profile = Profile.read({"display_name": "a@b.example " * 50, "username": "u" * 999, "union_id": "u" * 129})
    assert [len(profile.display_name) <= 255, len(profile.username), profile.union_id] == [True, 255, ""]


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


def test_a_cover_that_drips_is_left_at_its_deadline(settings, monkeypatch):
    monkeypatch.setattr(covers, "DEADLINE_S", 0.4)
    with outsider(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900, 0.02)) as server:
        settings.TIKTOK_API_URL = server.url
        with pytest.raises(CoverHostTroubled, match="timed_out"):
            fetch_cover(server.url)


def test_a_cover_in_an_encoding_is_not_taken(settings):
    with outsider(sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n", b"x")) as server:
        settings.TIKTOK_API_URL = server.url
        with pytest.raises(CoverUnavailable, match="encoded"):
            fetch_cover(server.url)
    assert server.connections == 1


def test_the_limit_holds_without_redis(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    away = shared.client.__wrapped__()
    for cached in (limits._limiter, limits._local_limiter):
        cached.cache_clear()
    monkeypatch.setattr(shared, "client", lambda: away)
    monkeypatch.setattr(shared, "_away_until", 0.0)
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0)
    two_each = RateLimitItemPerMinute(2 * limits.SHARE_WITHOUT_REDIS)
    try:
        limits.wait_for_turn("a", limit=two_each)
        limits.wait_for_turn("a", limit=two_each)
        with pytest.raises(TikTokRateLimited):
            limits.wait_for_turn("a", limit=two_each)
    finally:
        limits._limiter.cache_clear()
