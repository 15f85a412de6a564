"""Filters and tags of languages."""

from django import template
from django.conf import settings
from django.utils.translation import get_language

from config.languages import told as sentences

register = template.Library()
register.filter("told", sentences.told)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the languages of the pages: code, and name in the language itself."""
    return list(settings.LANGUAGES)


@register.simple_tag
def language_name() -> str:
    """Return the name of the active language, in itself."""
    return dict(settings.LANGUAGES).get(get_language() or "", "English")
