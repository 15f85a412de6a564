"""Nothing of an outsider's answer is believed without bound: not its pace, length, encoding, nor where a name leads."""

import gzip
import resource
import socket
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.outside import client
from config.outside.addresses import may_connect
from config.outside.client import Answer, call
from config.outside.errors import AddressRefused, AnswerRefused, NoAnswer, OutsideError
from config.outside.lenient_json import NotJSON, read_json
from config.outside.retry_after import parse_retry_after
from tests.outside.outsiders import answers, drips, outsider, sends

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(autouse=True)
def _let_loopback_in(settings):
    settings.TIKTOK_API_URL = "http://127.0.0.1:1"


def get(url: str, deadline_s: float = 5.0, max_bytes: int = 100_000, **more) -> Answer:
    return call("GET", url, service="test", deadline_s=deadline_s, max_bytes=max_bytes, **more)


# --- what is sent and read -------------------------------------------------------------------------------------------


def test_an_answer_comes_with_its_status_headers_and_body():
    with outsider(answers(418, b"tea", X_Kind="Earl Grey")) as server:
        answer = get(server.url + "/a?b=c")
    assert (answer.status, answer.headers["x-kind"], answer.body, answer.ok) == (418, "Earl Grey", b"tea", False)
    head = server.heads[0].decode()
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert "Accept-Encoding: identity\r\n" in head


def test_forms_json_and_parameters_are_sent():
    with outsider(answers(200)) as server:
        call("POST", server.url, service="test", deadline_s=5, max_bytes=10, form={"a": "b c&d"})
        call("POST", server.url, service="test", deadline_s=5, max_bytes=10, json_body={"a": 1}, params={"f": "x,y"})
    form, json_body = (head.decode() for head in server.heads)
    assert form.endswith("\r\n\r\na=b+c%26d")
    assert "POST /?f=x%2Cy HTTP/1.1" in json_body
    assert json_body.endswith('\r\n\r\n{"a": 1}')
    assert "Content-Type: application/json" in json_body


def test_redirects_are_answers():
    with outsider(answers(302, Location="/elsewhere")) as server:
        assert get(server.url).status == 302
    assert server.connections == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with outsider(answers(200, b"direct")) as server:
        assert get(server.url).body == b"direct"


# --- its pace --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(lambda connected: time.sleep(20), id="says nothing"),
        pytest.param(drips(OK + b"X: " + b"y" * 500, 0.05), id="drips headers"),
        pytest.param(drips(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000, 0.05), id="drips a body"),
        pytest.param(sends(*[b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 300, every_s=0.05), id="sends interim answers"),
        pytest.param(
            sends(OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 300, every_s=0.05), id="drips chunks"
        ),
        pytest.param(
            sends(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X: y\r\n"] * 300, every_s=0.05),
            id="drips trailers",
        ),
    ],
)
def test_a_call_ends_at_its_deadline_however_the_answer_drips(play):
    began = time.monotonic()
    with outsider(play) as server, pytest.raises(NoAnswer, match="timed_out"):
        get(server.url, deadline_s=0.6)
    assert 0.5 < time.monotonic() - began < 1.5


def test_a_port_that_takes_no_connection_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            get(f"http://127.0.0.1:{address[1]}", deadline_s=0.6)
        assert time.monotonic() - began < 1.5
        for each in waiting:
            each.close()


# --- its length and encoding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "play",
    [
        answers(200, b"x" * 1001),
        sends(OK + b"Content-Length: 999999999999\r\n\r\n", b"x"),
        sends(OK + b"Transfer-Encoding: chunked\r\n\r\n", *[b"100\r\n" + b"x" * 256 + b"\r\n"] * 5),
        sends(OK + b"\r\n", b"x" * 5000),
    ],
    ids=["by length", "by a promise", "in chunks", "until the end"],
)
def test_a_body_too_large_is_dropped(play):
    with outsider(play) as server, pytest.raises(AnswerRefused, match="more than 1,000 bytes"):
        get(server.url, max_bytes=1000)


def test_a_body_as_large_as_allowed_is_taken():
    with outsider(answers(200, b"x" * 1000)) as server:
        assert len(get(server.url, max_bytes=1000).body) == 1000


@pytest.mark.parametrize(
    "play",
    [
        sends(OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n"),
        sends(OK, *[b"X: " + b"y" * 1000 + b"\r\n"] * 100),
        sends(*[b"HTTP/1.1 103 Early Hints\r\nX: " + b"y" * 1000 + b"\r\n\r\n"] * 100),
    ],
    ids=["one", "many", "interim"],
)
def test_endless_headers_are_dropped(play):
    with outsider(play) as server, pytest.raises(OutsideError):
        get(server.url)


# 300 MB in members of 1 MB each: making it whole would raise the peak that the test compares with
BOMB = gzip.compress(gzip.compress(bytes(1_000_000), mtime=0) * 300, mtime=0)
PICTURE = gzip.compress(b"picture", mtime=0)  # without the time, which would be another in each process's test ids


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Encoding: gzip, gzip", BOMB),
        ("Content-Encoding: gzip", PICTURE),
        ("Content-Encoding: GZIP", PICTURE),
        ("Content-Encoding: deflate", zlib.compress(b"picture")),
        ("Content-Encoding: br", b"x"),
        ("Content-Encoding: identity, gzip", b"x"),
        ("Transfer-Encoding: gzip, chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BOMB), BOMB)),
    ],
)
def test_only_the_identity_encoding_is_taken(header, body):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with outsider(sends(OK + header.encode() + b"\r\n\r\n" + body)) as server, pytest.raises(OutsideError):
        get(server.url, max_bytes=2_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_an_error_says_its_status_whatever_its_body_is_encoded_in():
    with outsider(answers(429, gzip.compress(b"slow down"), Content_Encoding="gzip", Retry_After="7")) as server:
        answer = get(server.url)
    assert (answer.status, answer.body, answer.retry_after) == (429, b"", 7.0)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0",
        b"nonsense\r\n\r\n",
        b"<html>",
        b"HTTP/1.1 200",
        OK + b"Content-Length: 9\r\n\r\nhalf",
        b"\x16\x03\x01",
    ],
)
def test_what_is_no_whole_answer_is_none(sent):
    with outsider(sends(sent)) as server, pytest.raises(OutsideError):
        get(server.url)


# --- where it leads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "host", "api", "allowed"),
    [
        ("93.184.216.34", "cdn.example", "https://open.tiktokapis.com", True),
        ("2606:2800:220:1::1", "cdn.example", "https://open.tiktokapis.com", True),
        ("::ffff:93.184.216.34", "cdn.example", "https://open.tiktokapis.com", True),
        *(
            (peer, "cdn.example", "https://open.tiktokapis.com", False)
            for peer in (
                *("10.0.0.7", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.0.1"),  # noqa: S104
                *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
                *("192.88.99.1", "192.0.0.1", "192.0.0.192", "203.0.113.5", "168.63.129.16"),
                *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
                *("::ffff:10.0.0.7", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "100::1", "3fff::1"),
                # NAT64, its local prefix, 6to4, Teredo: IPv6 addresses that stand for an IPv4 one
                *("64:ff9b::7f00:1", "64:ff9b::5db8:d822", "64:ff9b:1::1", "2002:7f00:1::1", "2002:5db8:d822::1"),
                *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
            )
        ),
        # the sandbox: on loopback, or under the name that the API itself has
        ("192.168.1.1", "cdn.example", "http://127.0.0.1:8900", False),
        ("127.0.0.1", "localhost", "http://127.0.0.1:8900", True),
        ("::1", "localhost", "http://localhost:8900", True),
        ("10.0.0.7", "sandbox", "http://sandbox:8900", True),
        ("10.0.0.7", "other", "http://sandbox:8900", False),
    ],
)
def test_a_connection_ends_outside_or_at_the_api(settings, peer, host, api, allowed):
    settings.TIKTOK_API_URL = api
    assert may_connect(peer, host) is allowed


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "0", "0x7f.1", "2130706433"])
def test_an_address_that_leads_inside_is_never_connected_to(settings, host):
    settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
    with outsider(answers(200)) as server, pytest.raises(OutsideError):
        get(server.url.replace("127.0.0.1", host))
    assert server.connections == 0


def test_the_guard_stands_at_the_socket_and_not_at_the_name(settings, monkeypatch):
    """A name that is public when it is looked at and internal when it is connected to gets no connection."""
    settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
    asked: list[str] = []

    def first_public(peer: str, host: str, **options: bool) -> bool:
        asked.append(peer)
        return may_connect(peer, host, **options)

    monkeypatch.setattr(client, "may_connect", first_public)
    with outsider(answers(200)) as server, pytest.raises(AddressRefused, match="internal"):
        get(server.url.replace("127.0.0.1", "localhost"))
    assert asked
    assert set(asked) <= {"127.0.0.1", "::1"}
    assert server.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.com/a",
            "gopher://example.com",
            "//example.com/a",
            "",
            "http://[",
            "http://",
        ),
        *(
            "http://user@example.com/",
            "http://a:b@example.com/",
            "http://example.com\\@127.0.0.1/",
            "http://example.com:x/",
        ),
        *("http://exa mple.com/", "http://example.com\r\nX: y/", "javascript:alert(1)", "http://" + "a" * 5000, "\0"),
    ],
)
def test_only_plain_web_addresses_are_called(address):
    with pytest.raises(AddressRefused):
        get(address)


def test_an_address_with_other_letters_is_quoted():
    with outsider(answers(200)) as server:
        get(server.url + "/bilder/größe 1.jpg?q=ä\r\nX: y")
    assert server.heads[0].startswith(b"GET /bilder/gr%C3%B6%C3%9Fe%201.jpg?q=%C3%A4%0D%0AX:%20y HTTP/1.1")


# --- Retry-After and JSON --------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("0", 0), ("7", 7), (" 30 ", 30), ("3600", 3600), ("Fri, 27 Nov 2026 12:01:00 GMT", 60)),
        *(("Friday, 27-Nov-26 12:01:00 GMT", 60), ("Fri Nov 27 13:00:00 2026", 3600)),
        *(("3601", 3600), ("86400", 3600), ("Fri, 27 Nov 2026 13:00:01 GMT", 3600)),
        *(
            (value, None)
            for value in (
                "",
                "86401",
                "1795795200",
                "Mon, 27 Nov 2028 12:00:00 GMT",
                "-1",
                "1.5",
                "1e3",
                "+5",
                "７",
                "٣",
                "9" * 5000,
                "soon",
            )
        ),
        *((value, None) for value in ("Fri, 27 Nov 2026 11:59:59 GMT", "7, 8", "²")),
        *(
            (value, None)
            for value in ("Fri, 99 Nov 2026 12:01:00 GMT", "Fri, 27 Nov 99999 12:01:00 GMT", "0x10", "NaN")
        ),
    ],
)
def test_a_wait_of_up_to_an_hour_is_believed(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=60))
def test_no_wait_is_ever_longer_than_an_hour(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= 3600


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"nul"])
def test_what_is_no_json_is_told(body):
    with pytest.raises(NotJSON):
        read_json(body)


def test_one_odd_number_or_byte_leaves_the_rest():
    read = read_json(b'\xef\xbb\xbf{"a": ' + b"9" * 5000 + b', "b": NaN, "c": "\xff\x01", "d": 7, "e": "\\ud800"}')
    assert read["a"] == float("inf")
    assert read["d"] == 7
    assert read["c"] == "\ufffd\x01"


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_told(body):
    with suppress(NotJSON):
        read_json(body)
