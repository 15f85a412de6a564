"""Words of the OpenAPI document on a page."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def marked_up(words: str) -> SafeString:
    """Return the words escaped, with `code` and **strong** of Markdown as elements."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))
    return mark_safe(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text))  # noqa: S308 - escaped first
