"""Parts of pages about drafts that other rooms show too."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from predictions.plan.selectors import reminders_due

register = template.Library()


@register.inclusion_tag("plan/reminders.html", takes_context=True)
def due_reminders(context: Context) -> dict[str, Any]:
    """Show the drafts that the person wanted to be reminded of by now."""
    request = context["request"]
    return {"drafts": list(reminders_due(request.user, timezone.now())), "csrf_token": context.get("csrf_token")}
