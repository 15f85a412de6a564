"""Texts that a person typed into a form that is not accepted, so that the page that says so can give them back."""

import re
from dataclasses import dataclass

import structlog
from django.http import HttpRequest

log = structlog.get_logger(__name__)

_NEVER = re.compile(r"password|token|secret|csrf|code", re.IGNORECASE)
"""Names of fields whose values are shown nowhere."""
_SHORTEST = 12
"""Characters: shorter values are choices and numbers, which are quickly made again."""
_MOST = 6


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, by the name of its field in words."""

    label: str
    text: str


def typed_texts(request: HttpRequest) -> list[Typed]:
    """Return the texts of a form that came from a page of ours; none of a form from elsewhere, or without an origin.

    What another site sends must not look as if the person had typed it here.
    """
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return []
    try:
        form = request.POST
    except Exception as error:  # noqa: BLE001 - a body that cannot be read may be the error that the page is about
        log.warning("form_not_read", error=type(error).__name__)
        return []
    texts = [
        Typed(name.replace("_", " ").replace("-", " ").capitalize(), value)
        for name, value in form.items()
        if isinstance(value, str) and len(value) >= _SHORTEST and not _NEVER.search(name)
    ]
    return texts[:_MOST]
