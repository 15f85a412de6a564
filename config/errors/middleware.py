"""Pages for what browsers would otherwise see as an empty answer, or lose what was typed by."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from config.api.problems import is_api
from config.errors.typed import typed_texts
from config.next_page import nearest_page


def explain_to_browsers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that gives browsers a page for 405, and for a form that was sent after the session had ended.

    A browser says that it takes HTML; programs and balancers, which do not, keep the bare answer.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_api(request) or "text/html" not in request.headers.get("Accept", ""):
            return response
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            return _method_not_allowed(request, response)
        if request.method == "POST" and _leads_to_sign_in(response):
            return _signed_out(request) or response
        return response

    return middleware


def _method_not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    page = render(request, "405.html", {"page": nearest_page(request.path)}, status=HTTPStatus.METHOD_NOT_ALLOWED)
    page["Allow"] = response["Allow"]
    return page


def _leads_to_sign_in(response: HttpResponse) -> bool:
    address = response.get("Location", "").partition("?")[0]
    return response.status_code == HTTPStatus.FOUND and address == resolve_url(settings.LOGIN_URL)


def _signed_out(request: HttpRequest) -> HttpResponse | None:
    """Return the page with what was typed; None where nothing was, and the sign-in itself will do."""
    typed = typed_texts(request)
    if not typed:
        return None
    context = {"typed": typed, "page": nearest_page(request.path)}
    return render(request, "errors/signed_out.html", context, status=HTTPStatus.UNAUTHORIZED)
