"""Reading of a person's posts, on the staff's page of the person."""

from django.urls import reverse

from accounts.models import User
from accounts.staff.person import Action, Link, Part, person_part
from posts.ingest.words import HAPPENED
from posts.models import Refresh
from posts.platforms.registry import is_fetched
from telemetry.home.panels import Line

ENDED_BADLY = (Refresh.State.FAILED, Refresh.State.PARTLY_READ)


@person_part(place=20)
def reading(person: User) -> Part:
    """Tell each account's last refresh, with what stood in its way, and offer another."""
    lines, actions, links = [], [], []
    for account in person.tiktok_accounts.order_by("pk"):
        latest = account.refreshes.order_by("-pk").first()
        lines.append(Line(account.public_id, _words(latest), is_bad=latest is not None and latest.state in ENDED_BADLY))
        if account.disconnected_at is None and is_fetched(account):
            url = reverse("admin:posts_refresh_again", args=[account.pk])
            actions.append(Action(f"Read {account.public_id} again", url, "posts.add_refresh"))
        url = f"{reverse('admin:posts_refresh_changelist')}?q={account.public_id}"
        links.append(Link(f"Refreshes of {account.public_id}", url, "posts.view_refresh"))
    return Part("Reading from TikTok", lines or [Line("Accounts", "none")], actions, links)


def _words(refresh: Refresh | None) -> str:
    if refresh is None:
        return "never read"
    at = refresh.finished_at or refresh.created_at
    reason = HAPPENED.get(refresh.reason, refresh.get_reason_display())
    posts = f", {refresh.posts_stored:,} posts"
    unusable = (
        f", {refresh.skipped + refresh.unreadable:,} values unusable" if refresh.skipped + refresh.unreadable else ""
    )
    return f"{refresh.get_state_display()} on {at:%-d %b %Y, %H:%M}{posts}{unusable}. {reason}".rstrip()
