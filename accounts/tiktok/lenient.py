"""Read answers field by field: what is unusable becomes the field's default and is counted by name, never by value."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pydantic import ValidationInfo, WrapValidator
from pydantic_core import PydanticUseDefault

BIGGEST = 2**63 - 1
"""TikTok's int64, and PostgreSQL's bigint."""
LARGEST_COUNT = 2**53
"""No count of anything reaches it; below it sums neither overflow nor lose a digit as floats or in JSON."""


class Unreadable(Counter[str]):
    """Count of unusable values by field. Pass it as the context of `model_validate`."""


def _or_default(value: Any, read: Callable[[Any], Any], info: ValidationInfo) -> Any:
    if value is None:
        # null is how TikTok leaves a field out
        raise PydanticUseDefault
    try:
        return read(value)
    except ValueError:
        if isinstance(info.context, Unreadable):
            info.context[str(info.field_name)] += 1
        raise PydanticUseDefault from None


LENIENT = WrapValidator(_or_default)
"""In an `Annotated` type: take the field's default where the value is null or unusable."""


def storable(value: Any) -> Any:
    """Return a text without NUL and lone surrogates, which JSON can carry and PostgreSQL cannot."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value
