"""The page on which people see who looked at their data."""

from functools import partial

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.people import person_of, use_local_time
from privacy.trail import selectors
from privacy.trail.grouping import days_of, days_with
from privacy.trail.members import members_of

DAYS_PER_PAGE = 14


@require_safe
@login_required
def access(request: HttpRequest) -> HttpResponse:
    """Show by day who looked at the person's data or changed it; their own visits only if asked for."""
    use_local_time(person_of(request))
    with_own = request.GET.get("own") == "true"
    events = selectors.events_about(person_of(request), by_others=not with_own)
    page = Paginator(days_with(events), DAYS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "days": days_of(events, list(page.object_list), partial(members_of, person_of(request))),
        "with_own": with_own,
    }
    return render(request, "privacy/access.html", context)
