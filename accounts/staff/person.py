"""The staff's page of one person: parts that rooms register, with what can be done.

    @person_part(place=30)
    def reading(person: User) -> Part: ...

Parts tell counts and states, never contents: those have pages of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.urls import reverse

from accounts.linked.selectors import accounts_of
from accounts.models import TikTokAccount, User
from privacy.consent.selectors import asked_of
from privacy.declarations.registry import subject_of, tables
from privacy.erasure.selectors import active_erasures
from privacy.export.selectors import exports_of
from telemetry.home.panels import Line, Viewer

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the admin for staff with the permission."""

    words: str
    url: str
    permission: str


@dataclass(frozen=True, slots=True)
class Action(Link):
    """Something that they can do for the person."""

    asks_first: bool = False
    """True where the address is a page that asks; else it takes a POST."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page."""

    title: str
    lines: Sequence[Line] = ()
    actions: Sequence[Action] = ()
    links: Sequence[Link] = ()


L = TypeVar("L", bound=Link)
Draw = Callable[[User], Part]
_parts: list[tuple[int, Draw]] = []


def person_part(*, place: int) -> Callable[[Draw], Draw]:
    """Return a decorator that shows a part in its place (lowest first) on each person's page."""

    def register(draw: Draw) -> Draw:
        _parts.append((place, draw))
        return draw

    return register


def parts_of(person: User) -> list[Part]:
    """Return every part of the person's page."""
    return [draw(person) for _, draw in sorted(_parts, key=lambda part: part[0])]


def permitted(viewer: Viewer, links: Sequence[L]) -> list[L]:
    """Return the links, or actions, that the member of staff may use."""
    return [link for link in links if viewer.has_perm(link.permission)]


@person_part(place=10)
def connections(person: User) -> Part:
    """Tell the person's accounts, and whether TikTok lets us read them."""
    accounts = list(accounts_of(person))
    lines = [Line(account.public_id, _connection(account), is_bad=_is_broken(account)) for account in accounts]
    links = [
        Link(
            f"Account {account.public_id}",
            reverse("admin:accounts_tiktokaccount_change", args=[account.pk]),
            "accounts.view_tiktokaccount",
        )
        for account in accounts
    ]
    return Part("Accounts", lines or [Line("Accounts", "none")], links=links)


@person_part(place=40)
def consents(person: User) -> Part:
    """Tell what the person agrees to now."""
    asked = asked_of(person.pk)
    return Part(
        "Consents",
        [
            Line(
                each.text.title,
                f"since {each.given.given_at:%-d %b %Y}" if each.given else "asked again" if each.is_renewed else "no",
            )
            for each in asked
        ],
    )


@person_part(place=50)
def copies_and_erasure(person: User) -> Part:
    """Tell copies and erasures under way, and offer to begin one."""
    lines = [
        Line(f"Copy of {export.requested_at:%-d %b %Y}", export.get_state_display())
        for export in exports_of(person.pk)[:SHOWN]
    ]
    erasures = list(active_erasures(person.pk))
    lines += [
        Line(
            "Erasure" if erasure.whole else "Erasure of an account",
            f"{erasure.get_state_display()}, begins {erasure.due_at:%-d %b %Y, %H:%M}",
        )
        for erasure in erasures
    ]
    actions = [
        Action(
            "Make a copy of their data",
            reverse("admin:accounts_user_export", args=[person.pk]),
            "privacy.add_dataexport",
        )
    ]
    if not person.is_staff:
        url = reverse("admin:accounts_user_erase", args=[person.pk])
        actions.append(Action("Erase this person", url, "accounts.erase_user", asks_first=True))
    return Part("Copies and erasure", lines or [Line("Under way", "nothing")], actions)


@person_part(place=60)
def kept(person: User) -> Part:
    """Tell how many rows are kept of the person, by category."""
    subject, counts = subject_of(person.pk), dict[str, int]()
    for table in tables():
        if table.concerns_people and not table.of_staff:
            category = table.category.partition(":")[0]
            counts[category] = counts.get(category, 0) + table.rows_of(subject).count()
    return Part("What is kept", [Line(category, f"{count:,}") for category, count in counts.items() if count])


def _is_broken(account: TikTokAccount) -> bool:
    credential = getattr(account, "credential", None)
    return account.disconnected_at is None and credential is not None and credential.state != credential.State.ACTIVE


def _connection(account: TikTokAccount) -> str:
    credential = getattr(account, "credential", None)
    if account.disconnected_at is not None:
        return f"disconnected on {account.disconnected_at:%-d %b %Y}"
    if account.platform == TikTokAccount.Platform.FILE:
        return "posts from files"
    if credential is None or _is_broken(account):
        return "connection lost: they have to connect again"
    return f"connected since {account.connected_at:%-d %b %Y}"
