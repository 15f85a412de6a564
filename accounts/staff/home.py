"""People on the staff's home page: a field to find one, and lost connections."""

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from accounts.models import Credential, User
from telemetry.home.panels import Line, Link, Panel, Search, panel

LATELY = timedelta(days=7)


@panel(permission="accounts.view_user", place=80)
def people(now: datetime) -> Panel:
    """Offer to find a person, and tell how many came and how many connections were lost."""
    page = reverse("admin:accounts_user_changelist")
    hint = "A handle, a name, or an id from their settings page. Names need the right to see them."
    people_here = User.objects.filter(is_staff=False).aggregate(
        all=Count("pk"), new=Count("pk", filter=Q(date_joined__gt=now - LATELY))
    )
    lost = Credential.objects.filter(state=Credential.State.LOST, updated_at__gt=now - LATELY).count()
    return Panel(
        "People",
        [
            Line("People", f"{people_here['all']:,}"),
            Line("New this week", f"{people_here['new']:,}"),
            Line("Connections lost this week", f"{lost:,}"),
        ],
        links=[Link("All people", page)],
        search=Search("Find a person", page, hint),
    )
