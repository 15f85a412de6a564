"""People on the staff's home page: a field to find one, and lost connections."""

from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import Credential, User
from telemetry.home.panels import Line, Link, Panel, Search, panel

LATELY = timedelta(days=7)


@panel(permission="accounts.view_user", place=80)
def people(now: datetime) -> Panel:
    """Offer to find a person, and tell how many came and how many connections were lost."""
    page = reverse("admin:accounts_user_changelist")
    hint = "A handle, a name, or an id from their settings page. Names need the right to see them."
    people_here = User.objects.filter(is_staff=False)
    lost = Credential.objects.filter(state=Credential.State.LOST, updated_at__gt=now - LATELY).count()
    return Panel(
        "People",
        [
            Line("People", f"{people_here.count():,}"),
            Line("New this week", f"{people_here.filter(date_joined__gt=now - LATELY).count():,}"),
            Line("Connections lost this week", f"{lost:,}"),
        ],
        links=[Link("All people", page)],
        search=Search("Find a person", page, hint),
    )
