"""The devices that are told, on the page of notices."""

from typing import Any

from django import template

from accounts.push import vapid
from accounts.push.selectors import subscriptions_of

register = template.Library()


@register.inclusion_tag("telling/devices.html", takes_context=True)
def devices(context: template.Context) -> dict[str, Any]:
    """Show the person's devices and the button that adds this one; nothing where the service has no key."""
    if not vapid.is_offered():
        return {}
    return {
        "push_key": vapid.public_key(),
        "devices": subscriptions_of(context["request"].user),
        "csrf_token": context.get("csrf_token"),
    }
