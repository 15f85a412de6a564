"""Read JSON from outside: one odd number or byte must not take the rest of the answer with it."""

import json
from typing import Any

LONGEST_INTEGER = 40
"""Digits; a longer one becomes infinity, which no field takes."""


class NotJSON(ValueError):
    """Raised for what is no JSON, or is nested too deeply to be read."""


def read_json(body: bytes) -> Any:
    """Return the value of a JSON body. NaN and numbers beyond all bounds come as floats; raise NotJSON."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), strict=False, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise NotJSON(f"the body is not JSON ({type(error).__name__})") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float("inf")
