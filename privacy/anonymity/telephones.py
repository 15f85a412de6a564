"""Tell telephone numbers from the other numbers that people write: dates, times, prices, years, large counts.

Where it can be either, it counts as a telephone number: a date that is lost costs less than a number that is kept.
"""

import re
import unicodedata
from datetime import date

# seven digits or more, with the separators that people write; not inside a word, a name or a hashtag, nor behind the
# minutes of a time. After "/" and "." too, for wa.me/49170... and Tel.0170...; the ids in TikTok's links have nineteen
# digits and stay
_MINUTES = r"(?:(?<=\D\d\d)|(?<=\D\d)):[0-5]\d(?!\d)"
_CANDIDATE = re.compile(r"(?<![\w#＃﹟@])(?<!\d:)(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){6,17}(?!\w|" + _MINUTES + ")")
_DATE = re.compile(
    # the first day of a span: 24.-31.12.2026, 24.12.-31.12.2026
    r"(?<!\d)(?:\d{1,2}(?:\.\d{1,2})?\.?\s?[-/]\s?)??"
    r"(?:(?P<year_first>\d{4})(?P<s>[-./ ])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-./ ]|\.\s)(?P<b>\d{1,2})(?P=t)(?P<year_last>\d{4}))(?!\d)"
)
_YEAR = r"(?:19|20)\d\d"
_OTHER_NUMBERS = re.compile(
    # 2025/2026, 2019 2020 2021
    rf"{_YEAR}(?:\s?[-/]\s?{_YEAR}|\s{_YEAR})+"
    # 18.30-20.00, 19.99 - 29.99
    r"|\d{1,3}\.\d\d\s?[-/]\s?\d{1,3}\.\d\d"
    # 1.234.567, 12 345 678, 100.000.000
    r"|[1-9]\d?([. ])\d{3}\1\d{3}|[1-9]\d{0,2}([. ])\d{3}(?:\2\d{3})*(?:\2)000"
    # 1000000
    r"|[1-9]\d?0{6,9}"
)
_ISBN = re.compile(r"\bISBN(?:-1[03])?:?\s?$", re.IGNORECASE)
_DEGREES = re.compile(r"\d{1,3}\.\d{4,8}")
_LATITUDE = re.compile(r"(?<![\d.])\d{1,2}\.\d{4,8},\s?[+-]?$")
_LONGITUDE = re.compile(r",\s?[+-]?\d{1,3}\.\d{4,8}(?![\d.])")
_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def replace_telephones(text: str, blank: str) -> str:
    """Return the text with `blank` in place of each telephone number, in any of the ways that people write them."""
    return _CANDIDATE.sub(lambda found: _judged(found, blank), text)


def _judged(found: re.Match[str], blank: str) -> str:
    opened, digits = ("(", found[0][1:]) if found[0].startswith("(") else ("", found[0])
    if digits.startswith(("+", "00")):
        return blank
    if _OTHER_NUMBERS.fullmatch(digits) or (digits[0] != "0" and _has_currency(found)) or _is_named(found):
        return found[0]
    parts, end = [opened], 0
    for each in _DATE.finditer(digits):
        between = digits[end : each.start()]
        # digits that are joined to it make it part of a number, unless they are a date too
        joined = between[-1:] in ("-", "/", ".") and not (end and len(between) == 1)
        # with spaces between them, digits are a date only where nothing else stands beside
        spaced = " " in (each["s"], each["t"]) and each[0] != digits
        if _is_date(each) and not joined and not spaced:
            parts += [_CANDIDATE.sub(blank, between), each[0]]
            end = each.end()
    return "".join([*parts, _CANDIDATE.sub(blank, digits[end:])]) if end else blank


def _is_date(found: re.Match[str]) -> bool:
    """Return whether the digits are a day of this century or the last one."""
    year = int(found["year_first"] or found["year_last"])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return False
    if found["year_first"]:
        orders = [(int(found["month"]), int(found["day"]))]
    else:
        a, b = int(found["a"]), int(found["b"])
        orders = [(b, a), (a, b)]
    return any(_exists(year, month, day) for month, day in orders)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_named(found: re.Match[str]) -> bool:
    """Return whether the digits are a book's number, as the word before them says, or half of a pair of coordinates."""
    before, after = found.string[max(found.start() - 24, 0) : found.start()], found.string[found.end() :][:24]
    paired = _LATITUDE.search(before) or _LONGITUDE.match(after)
    return bool(_ISBN.search(before) or (paired and _DEGREES.fullmatch(found[0].lstrip("("))))


def _has_currency(found: re.Match[str]) -> bool:
    before, after = found.string[: found.start()].rstrip(" ")[-1:], found.string[found.end() :].lstrip(" ")[:1]
    return any(sign and unicodedata.category(sign) == "Sc" for sign in (before, after))
