"""Tell addresses that messages may be sent to from those that lead inside. The client checks again as it connects."""

import ipaddress

from django.utils.translation import gettext as _

from config.outside.addresses import checked_url, host_of, may_connect
from config.outside.errors import AddressRefused

LONGEST = 500


class UnusableAddress(ValueError):
    """Raised for an address that nothing is sent to; the message says what is expected."""


def require_address(url: str, *, longest: int = LONGEST) -> str:
    """Return the address as it is kept, of at most `longest` characters; raise UnusableAddress.

    https alone, but for loopback where that is allowed at all (`config.outside.addresses`).
    """
    url = url.strip()
    try:
        checked = checked_url(url)
    except AddressRefused as error:
        raise UnusableAddress(_("This is no address; expected one that begins with https://.")) from error
    host = host_of(checked)
    literal = _literal(host)
    is_inside = literal is not None and not may_connect(str(literal), host, untrusted=True)
    if is_inside or not host.strip("."):
        raise UnusableAddress(_("This leads to an internal network; expected an address on the public internet."))
    if not checked.lower().startswith("https://") and not (literal and literal.is_loopback):
        raise UnusableAddress(_("Messages are sent encrypted only; expected an address that begins with https://."))
    if len(checked) > longest:
        raise UnusableAddress(_("This is too long; expected at most %(most)s characters.") % {"most": longest})
    return checked


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that the host is, with `localhost` as one; None for a name."""
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
