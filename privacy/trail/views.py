"""The page on which people see who looked at their data."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.models import AccessEvent
from privacy.people import person_of
from privacy.trail import selectors
from privacy.trail.members import members_of
from privacy.trail.words import words_of

EVENTS_PER_PAGE = 50


@require_safe
@login_required
def access(request: HttpRequest) -> HttpResponse:
    """Show who looked at the person's data or changed it; their own visits only if asked for."""
    with_own = request.GET.get("own") == "true"
    events = selectors.events_about(person_of(request), by_others=not with_own)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    by_members = any(event.actor_kind == AccessEvent.Actor.MEMBER for event in page.object_list)
    members = members_of(person_of(request)) if by_members else {}
    for event in page.object_list:
        event.words = words_of(event.what)  # type: ignore[attr-defined]
        event.member = members.get(event.actor, "")  # type: ignore[attr-defined]
    return render(request, "privacy/access.html", {"page": page, "with_own": with_own})
