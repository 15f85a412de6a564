"""Django's admin, shown only to staff whose session a code has verified."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class StaffSite(admin.AdminSite):
    """Django's admin, for staff whose session was verified."""

    site_header = site_title = "Postcast staff"

    def has_permission(self, request: HttpRequest) -> bool:
        """Password and code."""
        return super().has_permission(request) and request.user.is_verified()  # type: ignore[union-attr]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The password; whoever has given it goes on to the code."""
        if super().has_permission(request) and not self.has_permission(request):
            wanted = request.GET.get("next", reverse("admin:index"))
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': wanted})}")
        return super().login(request, extra_context)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No form here completes names; Django's view would list people without a reason."""
        raise Http404
