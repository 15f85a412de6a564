"""The one HTTP client for everything that leaves the service, on libcurl.

    answer = call("GET", "https://open.tiktokapis.com/v2/user/info/", service="tiktok", deadline_s=15, max_bytes=2**21)

Nothing of an outsider's answer is believed without bound: not its length, not its pace, not where its name leads, not
its encoding. libcurl counts its deadline over all of a call: DNS, connecting, TLS, headers and body, however they drip.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import certifi
import pycurl
from django.utils import timezone

from config.outside import breaker
from config.outside.addresses import checked_url, host_of, may_connect
from config.outside.errors import AddressRefused, AnswerRefused, NoAnswer, OutsideError
from config.outside.retry_after import parse_retry_after

CONNECT_S = 5.0
"""For DNS, connecting and TLS together, within a call's deadline."""
LONGEST_HEAD = 64 * 1024
"""Bytes of all header lines of an answer, interim answers and trailers included."""
_PIECE = 16 * 1024
_QUICK_EXIT = 322
"""CURLOPT_QUICK_EXIT, which pycurl has no name for: do not wait for a name server when the deadline is over."""
_REASONS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "unknown_host",
    pycurl.E_COULDNT_CONNECT: "not_connected",
    pycurl.E_OPERATION_TIMEDOUT: "timed_out",
    pycurl.E_PARTIAL_FILE: "cut_off",
    pycurl.E_GOT_NOTHING: "cut_off",
    pycurl.E_RECV_ERROR: "cut_off",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: names of headers in lower case, of repeated headers the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to be left alone, see `parse_retry_after`."""
        return parse_retry_after(self.headers.get("retry-after", ""), timezone.now())


def call(
    method: str,
    url: str,
    *,
    service: str,
    deadline_s: float,
    max_bytes: int,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json_body: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    untrusted: bool = False,
) -> Answer:
    """Call outside once and return the answer, whatever its status; redirects are answers too and are not followed.

    Parameters
    ----------
    service : name of what is called, so that pictures of a host do not open the breaker of its API
    deadline_s : seconds for all of the call
    max_bytes : bytes of the body; there is no other length, since only the identity encoding is taken
    form, json_body, body : at most one of them, the body to send
    untrusted : the URL was given by a person: its host opens no breaker, under whose name it would stand in metrics,
        and must be public

    Raise AddressRefused, HostResting, NoAnswer, AnswerRefused: all of them OutsideError.
    """
    url = checked_url(f"{url}?{urlencode(params)}" if params else url)
    transfer = _Transfer(url, max_bytes, untrusted=untrusted)
    if untrusted:
        return transfer.perform(method, deadline_s, form, json_body, body, headers or {})
    permission = breaker.enter(f"{service}:{host_of(url)}", longest_s=deadline_s)
    succeeded = False
    try:
        answer = transfer.perform(method, deadline_s, form, json_body, body, headers or {})
        succeeded = answer.status < 500
        return answer
    except (AnswerRefused, AddressRefused):
        # the host answers, or our own guard kept the call back
        succeeded = True
        raise
    finally:
        permission.leave(succeeded=succeeded)


class _Transfer:
    """One request and its answer. Exceptions cannot cross libcurl: what stops it is noted in `refusal`."""

    def __init__(self, url: str, max_bytes: int, *, untrusted: bool) -> None:
        self.url = url
        self.untrusted = untrusted
        self.host = host_of(url)
        self.max_bytes = max_bytes
        self.refusal: OutsideError | None = None
        self.head_bytes = 0
        self.failed = False
        self.sockets: list[socket.socket] = []
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    def perform(
        self,
        method: str,
        deadline_s: float,
        form: Mapping[str, str] | None,
        json_body: Any,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        curl = pycurl.Curl()
        try:
            lines = ["Accept-Encoding: identity", "Expect:", *(f"{name}: {value}" for name, value in headers.items())]
            if form is not None:
                curl.setopt(pycurl.COPYPOSTFIELDS, urlencode(form))
            elif json_body is not None:
                curl.setopt(pycurl.COPYPOSTFIELDS, json.dumps(json_body))
                lines.append("Content-Type: application/json")
            elif body is not None:
                # the copying option takes no zero bytes
                curl.setopt(pycurl.POSTFIELDS, body)
            for option, value in self._options(method, deadline_s, lines).items():
                curl.setopt(option, value)
            curl.perform()
            if self.refusal:
                raise self.refusal
            return Answer(curl.getinfo(pycurl.RESPONSE_CODE), self.headers, bytes(self.body))
        except pycurl.error as error:
            if self.refusal:
                raise self.refusal from None
            if error.args[0] == pycurl.E_FILESIZE_EXCEEDED:
                raise self._too_large() from None
            reason = _REASONS.get(int(error.args[0]), f"curl_{error.args[0]}")
            raise NoAnswer(reason, f"no whole answer came ({reason})") from None
        finally:
            curl.close()
            for opened in self.sockets:
                opened.close()

    def _options(self, method: str, deadline_s: float, lines: list[str]) -> dict[int, Any]:
        return {
            pycurl.URL: self.url,
            pycurl.CUSTOMREQUEST: method,
            pycurl.HTTPHEADER: lines,
            pycurl.USERAGENT: "Postcast",
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.CAINFO: certifi.where(),
            pycurl.NOSIGNAL: 1,
            _QUICK_EXIT: 1,
            pycurl.TIMEOUT_MS: int(deadline_s * 1000),
            pycurl.CONNECTTIMEOUT_MS: int(min(CONNECT_S, deadline_s) * 1000),
            pycurl.HTTP_CONTENT_DECODING: 0,
            pycurl.MAXFILESIZE: self.max_bytes,
            pycurl.BUFFERSIZE: _PIECE,
            # behind a proxy the guard would not see where the connection ends
            pycurl.PROXY: "",
            pycurl.OPENSOCKETFUNCTION: self._open_socket,
            pycurl.HEADERFUNCTION: self._take_header,
            pycurl.WRITEFUNCTION: self._take_piece,
        }

    def _open_socket(self, purpose: int, address: Any) -> Any:
        if not may_connect(address.addr[0], self.host, untrusted=self.untrusted):
            self.refusal = AddressRefused("internal_address", "the address leads to an internal network")
            return pycurl.SOCKET_BAD
        # another address of the same host may have been refused before
        self.refusal = None
        opened = socket.socket(address.family, address.socktype, address.protocol)
        # pycurl takes a copy of it
        self.sockets.append(opened)
        return opened

    def _take_header(self, line: bytes) -> int | None:
        self.head_bytes += len(line)
        if self.head_bytes > LONGEST_HEAD:
            self.refusal = AnswerRefused("head_too_large", f"more than {LONGEST_HEAD:,} bytes of headers")
            return -1
        if line.startswith(b"HTTP/"):
            self.headers.clear()
            self.failed = line.split()[1:2] >= [b"400"]
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self.headers[name.strip().lower()] = value.strip()
        return None

    def _take_piece(self, piece: bytes) -> int | None:
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            if self.failed:
                # the status and its Retry-After say all; the body is left unread
                return None
            self.refusal = AnswerRefused("encoded", "the body is encoded, although identity alone was asked for")
            return -1
        if len(self.body) + len(piece) > self.max_bytes:
            self.refusal = self._too_large()
            return -1
        self.body += piece
        return None

    def _too_large(self) -> AnswerRefused:
        return AnswerRefused("too_large", f"more than {self.max_bytes:,} bytes")
