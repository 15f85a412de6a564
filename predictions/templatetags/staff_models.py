"""Filters of the staff's pages of models."""

from django import template

from predictions.versions.manifests import off_by

register = template.Library()
register.filter("off_by", off_by)


@register.filter
def as_percent(share: float | None) -> str:
    """Return a share (0 to 1) in per cent; a dash without one."""
    return "–" if share is None else f"{100 * share:.1f} %"
