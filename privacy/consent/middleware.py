"""Leads people to their consents when a page needs one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.languages.told import told
from privacy.consent.selectors import NoConsent


class ConsentMiddleware:
    """Redirects to the page of consents where NoConsent was raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for pages; the API answers with a problem (`config.api`)."""
        if not isinstance(exception, NoConsent):
            return None
        if request.method == "POST":
            messages.warning(request, told(exception))
        return redirect("privacy:consents")
