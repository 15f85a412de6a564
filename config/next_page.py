"""Lead on to the page that a person wanted before they were asked for something."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def lead_on(request: HttpRequest, wanted: str, *, otherwise: str) -> HttpResponse:
    """Redirect to `wanted` if that is a path or an address of ours, else to the page named `otherwise`.

    Not by `redirect`, which would take a word without a slash for the name of a page, and raise.
    """
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(wanted)
    return redirect(otherwise)
