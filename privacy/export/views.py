"""Pages on which people ask for a copy of their data, and fetch it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from config.languages.told import told
from config.rate_limits import Limit, rate_limited
from privacy.export import selectors, services
from privacy.models import DataExport
from privacy.people import SIGN_IN_AGAIN, person_of, signed_in_lately


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of everything, and see how it stands."""
    if request.method == "POST":
        services.request_export(user_id=person_of(request))
        return redirect("privacy:export")
    return render(request, "privacy/export.html", {"exports": selectors.exports_of(person_of(request))})


@require_safe
@login_required
def archive(request: HttpRequest, public_id: str) -> StreamingHttpResponse | HttpResponse:
    """Send the copy to its person alone, soon after a sign-in, until it expires."""
    if not signed_in_lately(request):
        messages.error(request, told(SIGN_IN_AGAIN))
        return redirect("privacy:export")
    return send_archive(person_of(request), public_id)


def send_archive(user_id: int, public_id: str) -> StreamingHttpResponse:
    """Stream the archive as it is unsealed; 404 if it is another person's, not ready, or expired."""
    export = get_object_or_404(selectors.exports_of(user_id), public_id=public_id, state=DataExport.State.READY)
    headers = {
        "Content-Disposition": f'attachment; filename="postcast-{export.ready_at:%Y-%m-%d}.zip"',
        "Content-Length": str(export.size),
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(selectors.archive_of(export), content_type="application/zip", headers=headers)
