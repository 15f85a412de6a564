"""Whether this installation has an app at TikTok: without one, nobody signs in there, and posts come from files."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse


def tiktok_is_on() -> bool:
    """Return whether TikTok's client key is configured; its secret then is too."""
    return bool(settings.TIKTOK_CLIENT_KEY)


def only_with_tiktok(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 in place of the view where there is no app at TikTok: an empty secret would sign anything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not tiktok_is_on():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def tiktok(request: HttpRequest) -> dict[str, bool]:
    """Tell templates (a context processor)."""
    return {"tiktok_is_on": tiktok_is_on()}
