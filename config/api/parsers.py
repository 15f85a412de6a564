"""JSON as it is read here: strictly UTF-8, each member once, finite numbers."""

import json
import math
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser

from config.api.names import shown

MOST_DIGITS = 400
"""Of an integer: more than any number has that a member takes, and few enough to be read at once."""


class StrictJSONParser(JSONParser):
    """JSON parser that refuses what other programs would read in another way: RFC 8259, section 4 and 6 to 8."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the parsed JSON; raises UnsupportedMediaType and ParseError."""
        charset = parse_header_parameters(media_type or "")[1].get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(shown(media_type or ""), "JSON is read as UTF-8 alone.")
        return parse_json(stream.read())


def parse_json(encoded: bytes) -> Any:
    """Return the parsed JSON.

    Raises ParseError for what is no JSON in UTF-8, for a byte order mark, a member given twice, numbers that are not
    finite, and too deep nesting.
    """
    try:
        text = encoded.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"JSON parse error - not UTF-8: byte {error.start} cannot be decoded.") from error
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_short_integer,
        )
    except RecursionError as error:
        raise ParseError("JSON parse error - nested too deeply.") from error
    except ValueError as error:
        raise ParseError(f"JSON parse error - {error}") from error


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"the member `{shown(name)}` is there twice; expected it once.")
        members[name] = value
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON; expected a finite number or null.")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{shown(digits)} is too large for a number.")
    return number


def _short_integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"{shown(digits)} is too large for an integer.")
    return int(digits)
