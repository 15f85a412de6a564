"""Lead on to the page that a person wanted before they were asked for something."""

from collections.abc import Callable, Iterator
from inspect import getclosurevars
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme


def lead_on(request: HttpRequest, wanted: str, *, otherwise: str) -> HttpResponse:
    """Redirect to `wanted`, or the page that it belongs to, if that is of ours, else to the page named `otherwise`.

    Not by `redirect`, which would take a word without a slash for the name of a page, and raise.
    """
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        page = nearest_page(wanted)
        if page:
            return HttpResponseRedirect(page)
    return redirect(otherwise)


def nearest_page(address: str) -> str:
    """Return the address if a browser can open it, else the nearest one above it that it can; empty without one.

    An address that takes only POST, such as `/forecasts/fc_1/feedback/`, belongs to the page `/forecasts/fc_1/`. One
    that leads nowhere stays as it is, and says so when it is opened.
    """
    try:
        path = urlsplit(address).path
        if _opens(path):
            return address
    except (ValueError, Resolver404):
        return address
    for above in _above(path):
        try:
            if _opens(above):
                return above
        except Resolver404:
            continue
    return ""


def _above(path: str) -> Iterator[str]:
    """Yield the addresses above a path, nearest first, short of the start page."""
    steps = path.strip("/").split("/")
    for count in range(len(steps) - 1, 0, -1):
        yield f"/{'/'.join(steps[:count])}/"


def _opens(path: str) -> bool:
    """Return whether the view at the path answers GET. Raise Resolver404 where there is none."""
    return _takes_get(resolve(path).func)


def _takes_get(view: Callable[..., Any] | None) -> bool:
    """Return False for views that Django's `require_POST` and the like keep from GET, and for classes without `get`."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if view_class is not None:
        return hasattr(view_class, "get") or "get" in getattr(view, "actions", {})
    while view is not None:
        # the list that the decorator was called with: Django keeps it nowhere else
        methods = getclosurevars(view).nonlocals.get("request_method_list") if hasattr(view, "__closure__") else None
        if methods is not None and "GET" not in methods:
            return False
        view = getattr(view, "__wrapped__", None)
    return True
