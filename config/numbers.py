"""Read whole numbers that strangers write: in forms, addresses and headers."""

LARGEST = 2**63 - 1
"""Range of PostgreSQL's bigint. Python itself refuses to read integers of more than 4,300 digits."""


def whole_number(text: str) -> int | None:
    """Return the whole number from 0 to `LARGEST` that the text writes; None for anything else.

    >>> whole_number("12"), whole_number("-1"), whole_number("9" * 5000)
    (12, None, None)
    """
    # leading zeros add nothing, and each other digit is one more power of ten
    digits = text.strip().lstrip("0") or text.strip()[-1:]
    if not digits.isdecimal() or len(digits) > len(str(LARGEST)):
        return None
    number = int(digits)
    return number if number <= LARGEST else None
