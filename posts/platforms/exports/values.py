"""Single values of imported files: leniently read where that is safe, otherwise BadRow with a sentence."""

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from posts.content.captions import MAX_CAPTION
from posts.content.written_counts import WrittenCount, read_rounded
from posts.platforms.exports.rows import BadRow
from privacy.anonymity.blanking import blank_contacts

EARLIEST = datetime(2014, 1, 1, tzinfo=UTC)
"""TikTok and the apps that became it had no posts before."""
CLOCKS_DIFFER = timedelta(minutes=10)
MAX_COUNT = 2**63 - 1
MAX_COARSENESS = 3.0
"""Log units: a count that is rounded to the next power of ten is off by half of 2.3, or less."""
MAX_DURATION_S = 24 * 60 * 60
MAX_URL = 500
MAX_SHOWN = 60
"""Characters of a wrong value that a reason repeats."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([+-]\d{2}:?\d{2})?", re.ASCII)
_EPOCH = re.compile(r"[0-9]{10}([0-9]{3})?")
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_ID_IN_PATH = re.compile(r"/(?:video|photo|v)/([0-9]{5,25})(?:[/.]|$)")
_ID_IN_QUERY = re.compile(r"(?:^|&)(?:share_)?item_id=([0-9]{5,25})(?:&|$)")
_TIKTOK = re.compile(r"(?:.+\.)?tiktokv?\.[a-z]{2,4}")
_ROUNDED_ID = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+")


def shown(value: Any) -> str:
    """Return the value as a reason repeats it: short, without contacts, on one line."""
    text = " ".join(storable(str(value)).split())
    return f"“{blank_contacts(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…')}”"


def _moment_shown(value: Any) -> str:
    """Return what should be a moment as a reason repeats it: a day that no calendar has is no telephone number."""
    text = str(value).strip()
    return f"“{text}”" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]{1,15})?", text) else shown(value)


def storable(text: str) -> str:
    """Return the text without NUL and lone surrogates, which PostgreSQL does not take."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def moment(name: str, value: Any, *, now: datetime) -> datetime:
    """Return the moment in UTC, which it is in without an offset. Raise BadRow, also for one that cannot be."""
    if isinstance(value, datetime):
        value = value.isoformat()
    text = value.strip().removesuffix("UTC").rstrip().removesuffix("Z") if isinstance(value, str) else ""
    if not _MOMENT.fullmatch(text):
        hint = "; it may be seconds or milliseconds since 1970" if _EPOCH.fullmatch(str(value).strip()) else ""
        raise BadRow(f"{name} is {_moment_shown(value)}; expected a moment like 2026-12-01 18:00:00, in UTC{hint}")
    try:
        read = datetime.fromisoformat(text)
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRow(f"{name} is {_moment_shown(value)}, which is no moment of the calendar") from error
    if not EARLIEST <= read <= now + CLOCKS_DIFFER:
        raise BadRow(f"{name} is {shown(value)}; expected a moment from {EARLIEST:%Y} until now")
    return read


def count(name: str, value: Any, *, most: int = MAX_COUNT) -> int | None:
    """Return the whole number, zero or more; None for an empty value. Raise BadRow."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, Decimal | float) and math.isfinite(value) and -MAX_COUNT <= value <= MAX_COUNT:
        # bounded first: the digits of 1e999999999 would fill the memory
        number = int(value) if value == int(value) else None
    elif isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,25}(\.0)?", value.strip()):
        number = int(value.strip().removesuffix(".0"))
    if number is None or not 0 <= number <= most:
        raise BadRow(f"{name} is {shown(value)}; expected a whole number from zero up")
    return number


def written_count(name: str, value: Any) -> WrittenCount | None:
    """Return a count that is exact or rounded ("1.2K"); None for an empty value. Raise BadRow."""
    if isinstance(value, str) and (rounded := read_rounded(value)):
        return rounded
    try:
        exact = count(name, value)
    except BadRow as problem:
        raise BadRow(f"{problem}, or a rounded one like 1.2K or 3M") from problem
    return None if exact is None else WrittenCount(exact)


def coarseness(value: Any) -> float | None:
    """Return the half-width of a rounding in log units; None for an empty value. Raise BadRow."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        width = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        width = math.nan
    if not 0 <= width <= MAX_COARSENESS:
        raise BadRow(f"coarseness is {shown(value)}; expected a number from 0 to {MAX_COARSENESS:g}, in log units")
    return width


def flag(value: Any) -> bool | None:
    """Return yes or no as a boolean; None for anything else."""
    word = str(value).strip().casefold()
    return True if word in ("true", "yes", "1") else False if word in ("false", "no", "0") else None


def text(value: Any, *, most: int = MAX_CAPTION) -> str:
    """Return a text as it may be kept: without contacts, cut to `most` characters; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return blank_contacts(storable(value[:most]))


def post_id(name: str, value: Any) -> str:
    """Return an id that a table or a program gives a post; empty for an empty one. Raise BadRow."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        return ""
    written = value.strip() if isinstance(value, str) else ""
    if _ROUNDED_ID.fullmatch(written):
        raise BadRow(f"{name} is {shown(value)}: a spreadsheet has rounded it; export that column as text")
    if not _ID.fullmatch(written):
        raise BadRow(f"{name} is {shown(value)}; expected up to 64 letters, digits, '.', '_' or '-'")
    return written


def id_in_link(link: Any) -> str:
    """Return TikTok's id of the post that the link leads to; empty where it names none, as a short link does."""
    parts = _tiktok_parts(link)
    if parts is None:
        return ""
    found = _ID_IN_PATH.search(parts.path) or _ID_IN_QUERY.search(parts.query)
    return found[1] if found else ""


def share_url(link: Any) -> str:
    """Return the link if it leads to TikTok itself and a page may show it, otherwise nothing."""
    return link.strip() if _tiktok_parts(link) is not None and len(link.strip()) <= MAX_URL else ""


def _tiktok_parts(link: Any) -> Any:
    try:
        parts = urlsplit(storable(link).strip()) if isinstance(link, str) else None
        host = (parts.hostname or "") if parts else ""
    except ValueError:
        return None
    return parts if parts and parts.scheme in ("http", "https") and _TIKTOK.fullmatch(host) else None
