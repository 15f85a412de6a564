"""Filters that name posts."""

from django import template
from django.utils.formats import number_format

from posts import naming
from posts.templatetags.figures import isolated

register = template.Library()
register.filter("first_words", naming.title_of, is_safe=False)
register.filter("on_tiktok", naming.address_on_tiktok, is_safe=False)


@register.filter
def times(ratio: float) -> str:
    """A ratio to what is usual: 0.84 -> 0.8×, 12.3 -> 12×."""
    return isolated(f"{number_format(ratio, 0 if ratio >= 10 else 1, use_l10n=True, force_grouping=True)}×")
