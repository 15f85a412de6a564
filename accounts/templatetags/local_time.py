"""The local time of pages that are about a person and not about one of their accounts."""

from typing import Any

from django import template
from django.template import Context

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.selectors import accounts_of

register = template.Library()


@register.inclusion_tag("shared/times_in.html", takes_context=True)
def local_times(context: Context) -> dict[str, Any]:
    """Write what follows in the time zone of the person's first account, and say which that is. One query."""
    account = accounts_of(context["user"]).first()
    if account:
        use_time_zone_of(account)
    return {"account": account, "user": context["user"]}
