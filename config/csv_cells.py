"""Cells of CSV files that people open in a spreadsheet: none is run as a formula, and no long number is rounded.

An apostrophe is put before such a text: the sign by which spreadsheets keep a text as it is. `unguarded` takes it away
again, so that a file that left can be read back.
"""

import regex

# spreadsheets skip space, quotes and signs that are not seen before they look for a formula; some take the fullwidth
# and small forms of its signs too
_SKIPPED = r"[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\"“”'‘’`]*+"
_FORMULA = regex.compile(rf"{_SKIPPED}[=+\-@＝＋－＠﹦﹢﹣﹫−]|'*+[\t\r\n]")
# Excel keeps fifteen digits of a number, and none of the zeros before it
_LONG_NUMBER = regex.compile(r"\s*+(?:[0-9]{16,}|0[0-9]+)\s*+")


def guarded(text: str) -> str:
    """Return the text as a cell that a spreadsheet shows as it is.

    >>> guarded("=1+1"), guarded("7301234567890123456"), guarded("Sunset")
    ("'=1+1", "'7301234567890123456", 'Sunset')
    """
    return f"'{text}" if _is_risky(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that `guarded` wrote.

    >>> unguarded(guarded("'=1")), unguarded("'twas")
    ("'=1", "'twas")
    """
    return cell[1:] if cell.startswith("'") and _is_risky(cell) else cell


def _is_risky(text: str) -> bool:
    return _FORMULA.match(text) is not None or _LONG_NUMBER.fullmatch(text.lstrip("'")) is not None
