"""The language of a request: English for programs, for pages the one that was chosen or that the browser prefers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from config.api.problems import is_api

ENGLISH_ONLY = ("/admin/", "/_allauth/")
"""Pages of staff, and what apps ask."""


def speak(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that answers in the request's language, and leaves none behind for the next request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_api(request) or request.path_info.startswith(ENGLISH_ONLY):
            with translation.override(settings.LANGUAGE_CODE):
                return get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            return response

    return middleware
