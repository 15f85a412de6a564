"""The pages: each the same for everybody, and none reads the database."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from config.api.scopes import SCOPE_WORDS
from config.next_page import lead_on
from config.public.reference import reference


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Show the glossary, questions with answers, and how to reach the operator."""
    return render(request, "public/help.html")


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the guide to the API, and its reference from the schema."""
    context = {
        "groups": reference(),
        "scopes": SCOPE_WORDS.items(),
        "host": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "public/docs.html", context)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms of use."""
    return render(request, "public/terms.html")


@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    """Show who runs this installation, and where to report a vulnerability."""
    return render(request, "public/imprint.html", {"security_contact": settings.SECURITY_CONTACT})


@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """Show the languages of the pages; keep one that is sent in a cookie, and lead back to the page that was left."""
    if request.method != "POST":
        return render(request, "public/language.html", {"next": request.GET.get("next", "")})
    response = lead_on(request, request.POST.get("next", ""), otherwise="accounts:welcome")
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response
