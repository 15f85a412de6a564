"""Name the person or address that a limit counts for; an address is a digest, so that none stands in Redis."""

import ipaddress
import re
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

IPV6_PREFIX = 64
"""What one customer of a provider has: counting single addresses would count nobody."""
_PORT = re.compile(r"^\[([^\]]*)\](?::\d+)?$|^([^:]*):\d+$")
"""Brackets and a port, which some proxies write: each connection would be another address."""


def person(pk: int) -> str:
    """Return the subject of a person, e.g. `person:7`."""
    return f"person:{pk}"


def name(text: str) -> str:
    """Return the subject of a name that somebody signs in with, whoever that is; upper and lower case are one."""
    return f"name:{_digest(text.strip().casefold())}"


def address(request: HttpRequest) -> str:
    """Return the subject of the request's IP address."""
    return f"address:{_digest(client_address(request))}"


def person_or_address(request: HttpRequest) -> str:
    """Return the subject of whoever is signed in, else of the request's address."""
    user = getattr(request, "user", None)
    return person(user.pk) if user is not None and user.is_authenticated else address(request)


def client_address(request: HttpRequest) -> str:
    """Return the IPv4 address, or the IPv6 /64, that the outermost of `PROXY_COUNT` proxies saw; else the peer's.

    Entries further left in X-Forwarded-For are the client's own words.
    """
    seen: str = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.PROXY_COUNT and forwarded:
        entries = forwarded.split(",")
        seen = entries[-min(settings.PROXY_COUNT, len(entries))].strip()
    try:
        parsed = ipaddress.ip_address(_PORT.sub(r"\1\2", seen).partition("%")[0])
    except ValueError:
        return seen
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, IPV6_PREFIX), strict=False))


def _digest(text: str) -> str:
    return _digest_under(text, settings.SECRET_KEY)


@lru_cache(maxsize=1_024)
def _digest_under(text: str, key: str) -> str:
    digest: str = salted_hmac("config.rate_limits", text, secret=key, algorithm="sha256").hexdigest()
    return digest[:32]
