"""Decide where a connection may end: public addresses, and the hosts that the operator has set: TikTok's API, a writer.

Checked at the socket that is about to connect, when DNS has no time left to change its mind.
"""

import ipaddress
import re
from urllib.parse import quote, urlsplit

from django.conf import settings

from config.outside.errors import AddressRefused

_HOST = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(?=[/?#]|$)", re.IGNORECASE)
LONGEST_URL = 4096

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""IPv6 addresses outside of it are internal, reserved, or lead to an IPv4 address that they hide (64:ff9b::/96)."""
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's own services, which tell virtual machines of themselves
        "192.0.0.0/24",  # of protocols and clouds; the library takes some of it for public
        "192.88.99.0/24",  # 6to4 relays
        "2001::/32",  # Teredo, holds an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, holds an IPv4 address
        "3fff::/20",
    )
)


def checked_url(url: str) -> str:
    """Return the URL with anything but ASCII quoted; raise AddressRefused unless it is plain http(s), without user."""
    quoted = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    if len(quoted) > LONGEST_URL or not _HOST.match(quoted):
        raise AddressRefused("malformed_address", "the address is not http or https with a host")
    return quoted


def host_of(url: str) -> str:
    """Return the host of a checked URL, in lower case."""
    match = _HOST.match(url)
    return match[1].strip("[]").lower() if match else ""


def may_connect(peer: str, host: str, *, untrusted: bool = False) -> bool:
    """Return whether a call to `host` may connect to the address `peer`.

    Besides public ones: the hosts that TIKTOK_API_URL and WRITER_URL name, unless the call's URL is `untrusted`, and
    loopback while the API is there, as the sandbox is.
    """
    address = ipaddress.ip_address(peer)
    api_host, writer_host = (
        (urlsplit(url).hostname or "").lower() for url in (settings.TIKTOK_API_URL, settings.WRITER_URL)
    )
    if is_public(address) or (host in {api_host, writer_host} - {""} and not untrusted):
        return True
    return address.is_loopback and (api_host == "localhost" or _is_loopback(api_host))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether the address is one of the public internet, and stands for no other address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _host_set(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
