"""Download cover pictures. Their addresses come from outside: `config.outside` sees that they do not lead inside."""

import stamina

from config.outside.client import call
from config.outside.errors import HostResting, NoAnswer, OutsideError
from posts.content.pictures import MAX_COVER_BYTES
from posts.platforms.base import CoverHostTroubled, CoverUnavailable

DEADLINE_S = 15.0
"""For all of a download: DNS, connecting, TLS and the whole picture."""
ATTEMPTS = 3
LONGEST_TRYING_S = 20
"""No attempt begins later."""


def fetch_cover(url: str) -> bytes:
    """Download the picture at the address, at most `MAX_COVER_BYTES`. Redirects are not followed.

    Raise CoverUnavailable, also for addresses that are not http(s) or lead to an internal network, and
    CoverHostTroubled when several tries did not help.
    """
    # a context and no decorator, which would write the arguments of repeated calls, the address, to the log
    for attempt in stamina.retry_context(
        on=CoverHostTroubled,
        attempts=ATTEMPTS,
        timeout=LONGEST_TRYING_S,
        wait_initial=0.2,
        wait_max=2,
        wait_jitter=0.5,
    ):
        with attempt:
            return _fetch(url)
    raise AssertionError("retry_context returns or raises")


def _fetch(url: str) -> bytes:
    try:
        answer = call("GET", url, service="covers", deadline_s=DEADLINE_S, max_bytes=MAX_COVER_BYTES)
    except (NoAnswer, HostResting) as error:
        raise CoverHostTroubled(str(error)) from error
    except OutsideError as error:
        raise CoverUnavailable(str(error)) from error
    if answer.status == 429 or answer.status >= 500:
        raise CoverHostTroubled(f"HTTP status {answer.status}")
    if answer.status != 200:
        raise CoverUnavailable(f"HTTP status {answer.status}")
    return answer.body
