"""Pages about a person's own data."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from privacy import consent, erasing, exporting, trail
from privacy.describing import categories
from privacy.models import DataExport, Erasure, Through
from privacy.purposes import Purpose
from privacy.requests import person_of

EVENTS_PER_PAGE = 50


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of people, and why, as the apps declare it."""
    return render(request, "privacy/privacy.html", {"categories": categories()})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def consents(request: HttpRequest) -> HttpResponse:
    """What the person agrees to, purpose by purpose; saving gives and withdraws what was changed."""
    if request.method == "POST":
        try:
            _save(request)
        except consent.OutdatedText:
            messages.error(request, "A text has changed since. Nothing was saved: please read it, then choose again.")
            return redirect("privacy:consents")
        if consent.has_consent(person_of(request), Purpose.SERVICE):
            messages.success(request, "Your choice is saved.")
            return redirect(settings.LOGIN_REDIRECT_URL if "start" in request.POST else "privacy:consents")
        messages.warning(request, "Your choice is saved. Without the first consent Postcast does nothing for you.")
        return redirect("privacy:consents")
    asked = consent.asked_of(person_of(request))
    past = consent.history_of(person_of(request))
    return render(request, "privacy/consents.html", {"asked": asked, "past": past, "is_start": not past})


@require_safe
@login_required
def access(request: HttpRequest) -> HttpResponse:
    """Who looked at the person's data or changed it; their own visits only if asked for."""
    with_own = request.GET.get("own") == "true"
    events = trail.events_about(person_of(request), by_others=not with_own)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "privacy/access.html", {"page": page, "with_own": with_own})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def erasure(request: HttpRequest) -> HttpResponse:
    """Ask for erasure, skip the wait, or change one's mind."""
    person = person_of(request)
    if request.method == "POST":
        return _grant_wish(request, request.POST.get("wish", ""))
    days = erasing.GRACE.days
    return render(request, "privacy/erasure.html", {"erasure": erasing.erasure_of(person), "days": days})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of everything, see how it stands, fetch it."""
    if request.method == "POST":
        exporting.request_export(user_id=person_of(request))
        return redirect("privacy:export")
    return render(request, "privacy/export.html", {"exports": exporting.exports_of(person_of(request))})


@require_safe
@login_required
def archive(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """The copy itself, for its person alone, while it lasts."""
    return send_archive(person_of(request), public_id)


def send_archive(user_id: int, public_id: str) -> StreamingHttpResponse:
    """The archive as it is unsealed; 404 where it is somebody else's, not ready, or expired."""
    export = get_object_or_404(exporting.exports_of(user_id), public_id=public_id, state=DataExport.State.READY)
    headers = {
        "Content-Disposition": f'attachment; filename="postcast-{export.ready_at:%Y-%m-%d}.zip"',
        "Content-Length": str(export.size),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(exporting.archive_of(export), content_type="application/zip", headers=headers)


@require_safe
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """How an erasure stands, for whoever has its number: there is no account any more to sign in with."""
    return render(request, "privacy/receipt.html", {"erasure": get_object_or_404(Erasure, public_id=public_id)})


def _grant_wish(request: HttpRequest, wish: str) -> HttpResponse:
    if wish == "cancel":
        if erasing.cancel_erasure(user_id=person_of(request)):
            messages.success(request, "Nothing will be erased.")
    elif wish in ("later", "now"):
        grace = None if wish == "now" else erasing.GRACE
        try:
            asked = erasing.request_erasure(
                user_id=person_of(request), reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=grace
            )
        except erasing.StaffStay as error:
            messages.error(request, str(error))
            return redirect("privacy:erasure")
        if wish == "now":
            logout(request)
            return redirect("privacy:receipt", public_id=asked.public_id)
    return redirect("privacy:erasure")


@transaction.atomic
def _save(request: HttpRequest) -> None:
    """Give and withdraw what was changed, all of it or nothing. Raises OutdatedText where a page was open too long."""
    agreed = consent.purposes_of(person_of(request))
    for purpose in Purpose:
        wanted = purpose in request.POST.getlist("agree")
        if wanted and purpose not in agreed:
            shown = _version_shown(request, purpose)
            consent.give(user_id=person_of(request), purpose=purpose, through=Through.PAGE, version=shown)
        elif not wanted:
            consent.withdraw(user_id=person_of(request), purpose=purpose, through=Through.PAGE)


def _version_shown(request: HttpRequest, purpose: Purpose) -> int:
    """The version that the form had; 0, which no text has, where it says nothing of the kind."""
    try:
        return int(request.POST.get(f"version-{purpose}", ""))
    except ValueError:
        return 0
