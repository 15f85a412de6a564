"""Requests that no program of good will sends: each is answered in words, by 4xx, whoever asks."""

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from config.wsgi import application
from tests.factories import StaffFactory, verify

pytestmark = pytest.mark.django_db


def ask_wsgi(method: str, path: str, content_type: str, body: bytes = b"") -> tuple[str, str]:
    """Return status line and content type as the server gets them: Django's test client makes requests of its own."""
    answered: list[tuple[str, Any]] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "x=%ff",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
    }

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        answered.append((status, dict(headers)))

    application(environ, start_response)
    [(status, headers)] = answered
    return status, headers["Content-Type"]


@pytest.mark.parametrize("charset", ["zlib", "hex", "utf-16", "idna", "nothing"])
def test_a_charset_that_is_not_ours_breaks_nothing(charset):
    form = f"multipart/form-data; boundary=B; charset={charset}"
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n'
    for path in ("/sign-in/", "/admin/login/", "/healthz"):
        assert ask_wsgi("GET", path, f"text/plain; charset={charset}")[0] == "200 OK"
    assert ask_wsgi("POST", "/admin/login/", form, part)[0] == "403 Forbidden"
    problem = ("401 Unauthorized", "application/problem+json")
    assert ask_wsgi("GET", "/api/v1/posts", f"text/plain; charset={charset}") == problem
    assert ask_wsgi("POST", "/api/v1/predict", form, part) == problem


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "messages"])
def test_nul_in_a_cookie(cookie):
    browser = Client(raise_request_exception=False, headers={"cookie": f'{cookie}="abcdefghijkl\\000"'})
    assert browser.get("/settings/").status_code == 400
    problem = browser.get("/api/v1/me")
    assert (problem.status_code, problem["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(("body", "status"), [("[" * 100_000, 400), ("{", 400), ("[]", 400), ("null", 400)])
def test_json_that_allauth_cannot_read(body, status):
    client = Client(raise_request_exception=False)
    for path in ("/_allauth/app/v1/auth/session", "/_allauth/app/v1/auth/provider/token"):
        answer = client.generic("POST", path, body, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), path


def test_allauths_own_errors_keep_their_shape_and_others_are_problems():
    client = Client()
    own = client.get("/_allauth/app/v1/auth/session")
    assert (own.status_code, own["Content-Type"]) == (401, "application/json")
    assert "flows" in json.dumps(own.json())
    for path in ("/_allauth/nothing", "/_allauth/app/v1/nothing/"):
        assert client.get(path)["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("wanted", ["word", "%0d%0aX: y", "posts:home", "//evil", "https:evil", "/\\evil"])
def test_a_page_to_go_on_to_that_is_none(wanted):
    browser = Client()
    verify(browser, StaffFactory())
    address = f"/admin/reason/?{urlencode({'next': wanted})}"
    answer = browser.post(address, {"reason": "ticket 4711, a forecast is off"})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
