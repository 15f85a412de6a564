"""The time zones that a person can choose for an account."""

from functools import cache
from zoneinfo import available_timezones


class UnknownTimeZone(ValueError):
    """The name is no time zone's; the message says what is expected."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is no time zone; expected a name of the IANA database, such as Europe/Berlin.")


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names to choose from, in order: UTC and those of places."""
    return tuple(sorted(name for name in available_timezones() if name == "UTC" or _is_place(name)))


def require_time_zone(name: str) -> str:
    """Return the name, or "" for none. Raises UnknownTimeZone."""
    if name and name not in time_zones():
        raise UnknownTimeZone(name)
    return name


def _is_place(name: str) -> bool:
    return "/" in name and not name.startswith("Etc/")
