"""The headers of every route: nothing personal is kept by browsers or proxies, and HEAD answers like GET."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.headers import PUBLIC
from tests.factories import StaffFactory, enter_admin
from tests.pages.conftest import Creator
from tests.privacy.trail.test_every_route import OWN, STAFFS, as_signed_in, own_address, person, staff_address

__all__ = ["person"]
pytestmark = pytest.mark.django_db

ON_EVERY_ANSWER = {
    "Permissions-Policy": r"camera=\(\)",
    "Referrer-Policy": "same-origin|no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'",
}


def check_headers(client: Client, path: str, **headers: str) -> None:
    """By GET and by HEAD: the same status and headers, and all that are asked for."""
    got = client.get(path, headers=headers)
    for header, value in ON_EVERY_ANSWER.items():
        assert re.search(value, got.headers.get(header, "")), (path, header)
    public = resolve(path.partition("?")[0]).view_name in PUBLIC and got.status_code < 400
    assert (got.headers["Cache-Control"] == "no-store") is not public, path
    if got.status_code != 405:
        head = client.head(path, headers=headers)
        assert (head.status_code, head.getvalue()) == (got.status_code, b""), path
        assert head.headers["Cache-Control"] == got.headers["Cache-Control"]


def test_every_route_of_a_person_has_them(person: Creator) -> None:
    signed_in = Client()
    signed_in.force_login(person.user)
    for route in OWN:
        client, headers = as_signed_in(signed_in, route)
        check_headers(client, own_address(route, person), **headers)


def view_of(path: str) -> str:
    """Return the name of the function or method that answers."""
    view = resolve(path.partition("?")[0]).func
    return f"{view.__module__}.{view.__qualname__}"


@pytest.mark.parametrize("each", [pytest.param("view", id="view"), pytest.param("route", marks=pytest.mark.prove)])
def test_every_route_of_the_staff_has_them(each: str, person: Creator) -> None:
    """One route of each view: Django's own view shows the lists of most tables. `make prove` asks every route."""
    client = enter_admin(Client(), StaffFactory())
    paths = [staff_address(route, person) for route in STAFFS if "logout" not in route]
    chosen = {view_of(path): path for path in reversed(paths)}.values() if each == "view" else paths
    assert len(chosen) > 20
    for path in chosen:
        check_headers(client, path)


@pytest.mark.parametrize("path", ["/nothing/", "/api/v1/nothing", "/posts/", "/api/v1/posts/", "/healthz", "/settings"])
def test_answers_to_strangers_have_them_too(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Permissions-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "a b", "x" * 300, "-_-", "[::1", ""])
@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/posts/", "/predict"])
def test_another_host_is_refused_in_one_line(
    host: str, path: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = client.get(path, headers={"Host": host}) if host else client.get(path, HTTP_HOST="")
    assert response.status_code == 400
    json = path.startswith(("/api/", "/predict"))
    assert response.headers["Content-Type"].startswith("application/problem+json" if json else "text/html")
    [line] = caplog.records
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert response.headers["Permissions-Policy"]


def test_security_txt_names_the_contact_and_when_it_expires(client: Client, settings: Any) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.com"
    assert fields["Canonical"] == "http://testserver/.well-known/security.txt"
    expires = parse_datetime(fields["Expires"])
    assert expires
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)


def test_static_files_may_be_kept_and_have_the_rest(client: Client) -> None:
    response = client.get(f"{settings.STATIC_URL}icons/favicon.svg")
    assert "no-store" not in response.headers["Cache-Control"]
    assert response.headers["Permissions-Policy"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_static_file_that_is_not_there_is_kept_by_nobody(client: Client) -> None:
    missing = client.get("/static/nothing.css")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")
