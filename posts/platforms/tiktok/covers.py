"""Download cover pictures. Their addresses come from outside, so they must not lead inside."""

import ipaddress
import socket
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
import stamina
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from posts.content.pictures import MAX_COVER_BYTES
from posts.platforms.base import CoverHostTroubled, CoverUnavailable

TIMEOUT = (3.05, 5.0)
"""Seconds to connect, and between two reads."""
LONGEST_DOWNLOAD_S = 15.0
CHUNK_BYTES = 64 * 1024


def fetch_cover(url: str) -> bytes:
    """Download the picture at the address, at most `MAX_COVER_BYTES`. Redirects are not followed.

    Raise CoverUnavailable, also for addresses that are not http(s) or lead to an internal network, and
    CoverHostTroubled when several tries did not help.
    """
    # a context and no decorator, which would write the arguments of repeated calls, the address, to the log
    for attempt in stamina.retry_context(
        on=CoverHostTroubled, attempts=3, timeout=20, wait_initial=0.2, wait_max=2, wait_jitter=0.5
    ):
        with attempt:
            return _fetch(url)
    raise AssertionError("retry_context returns or raises")


def _fetch(url: str) -> bytes:
    stop_at = time.monotonic() + LONGEST_DOWNLOAD_S
    try:
        if urlsplit(url).scheme not in ("http", "https"):
            raise CoverUnavailable("the address is not http or https")
        with _session().get(url, stream=True, timeout=TIMEOUT, allow_redirects=False) as response:
            if response.status_code == 429 or response.status_code >= 500:
                raise CoverHostTroubled(f"HTTP status {response.status_code}")
            if response.status_code != 200:
                raise CoverUnavailable(f"HTTP status {response.status_code}")
            return _read(response, stop_at)
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise CoverHostTroubled(type(error).__name__) from error
    except (requests.RequestException, ValueError) as error:
        raise CoverUnavailable(type(error).__name__) from error


def _read(response: requests.Response, stop_at: float) -> bytes:
    picture = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        picture += chunk
        if len(picture) > MAX_COVER_BYTES:
            raise CoverUnavailable(f"more than {MAX_COVER_BYTES:,} bytes")
        if time.monotonic() > stop_at:
            raise CoverUnavailable(f"not complete after {LONGEST_DOWNLOAD_S:.0f} s")
    return bytes(picture)


@cache
def _session() -> requests.Session:
    session = requests.Session()
    # behind a proxy the guard below would not see where the connection ends
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter())
    return session


def _refuse_internal(connected: socket.socket, host: str) -> socket.socket:
    """Return the connection, unless its far end is internal. Checking the name first would leave DNS time to change."""
    peer = ipaddress.ip_address(connected.getpeername()[0])
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    if (peer.is_global and not peer.is_multicast) or _is_configured(host, peer.is_loopback):
        return connected
    connected.close()
    raise CoverUnavailable("the address leads to an internal network")


def _is_configured(host: str, loopback: bool) -> bool:
    """Return whether it is the API's own host, or loopback while the API is there too, as with the sandbox."""
    api_host = urlsplit(settings.TIKTOK_API_URL).hostname or ""
    if host == api_host:
        return True
    return loopback and (api_host == "localhost" or _is_loopback(api_host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _GuardedHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_internal(super()._new_conn(), self.host)


class _GuardedHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_internal(super()._new_conn(), self.host)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
