"""A deployment check: the imprint of a public service names who runs it."""

from typing import Any

import structlog
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

log = structlog.get_logger(__name__)

VARIABLES = ("OPERATOR_NAME", "OPERATOR_ADDRESS", "OPERATOR_CONTACT")


@register(deploy=True)
def operator_is_named(**_: Any) -> list[CheckMessage]:
    """Return a warning for each of the operator's variables that is empty."""
    return [
        Warning(
            f"{name} is not set, so /imprint/ does not say who runs this service.",
            hint="Set it in the environment; many countries require it of a public website.",
            id="public_pages.W001",
        )
        for name in VARIABLES
        if not getattr(settings, name)
    ]


def warn_of_missing_operator() -> None:
    """Log the same as a server starts, which runs no checks of a deployment."""
    for message in operator_is_named():
        log.warning("operator_missing", problem=message.msg)
