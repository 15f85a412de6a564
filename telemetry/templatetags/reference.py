"""The number of the request that is being answered, as it stands in the logs, for pages that say what went wrong."""

import structlog
from django import template

register = template.Library()


@register.simple_tag
def reference() -> str:
    """Return the request's id; empty outside of a request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
