"""Django's admin, shown only to staff whose session a code has verified."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from config.rate_limits import Limit, enforce
from telemetry.home.panels import home_of


class StaffSite(admin.AdminSite):
    """Django's admin site, with a second factor after the password."""

    site_header = site_title = "Postcast staff"
    index_title = "Home"
    # lists take the width; all tables stand at the end of the home page
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person is staff and has given password and code."""
        return super().has_permission(request) and request.user.is_verified()  # type: ignore[union-attr]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what needs somebody now, and the panels that the person may see."""
        home = home_of(request.user, timezone.now())
        return super().index(request, {**(extra_context or {}), "home": home})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask for the password, and lead whoever has given it to the code."""
        if request.method == "HEAD" and self.has_permission(request):
            # Django leads on only by GET
            return redirect("admin:index")
        if super().has_permission(request) and not self.has_permission(request):
            wanted = request.GET.get("next", reverse("admin:index"))
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': wanted})}")
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Change the person's password; the old one is limited like one to sign in with."""
        if request.method == "POST":
            enforce(request, Limit.PASSWORD)
        return super().password_change(request, extra_context)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answer 404: no form here completes names, and Django's view would list people without a reason."""
        raise Http404
