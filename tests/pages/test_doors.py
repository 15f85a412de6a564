"""Signing in and out, the pages of allauth that are not ours, errors, and files at the root."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.views.defaults import server_error

from tests.pages.conftest import Creator
from tests.pages.html import read


@pytest.mark.django_db
def test_the_sign_in_goes_on_to_where_one_wanted_to_go() -> None:
    page = read(Client().get("/sign-in/?next=/compose/").content.decode())
    form = next(page.all("form"))
    assert (form["method"], form["action"]) == ("post", reverse("tiktok_login"))
    fields = {field["name"]: field.get("value") for field in form.all("input")}
    assert (fields["process"], fields["next"]) == ("login", "/compose/")


def test_who_is_signed_in_needs_no_sign_in(browser: Client) -> None:
    assert browser.get("/sign-in/").headers["Location"] == "/overview/"


def test_signing_out_takes_a_post(browser: Client) -> None:
    browser.get("/accounts/logout/")
    assert browser.get("/posts/").status_code == 200
    response = browser.post("/accounts/logout/", follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "You are signed out." in response.content.decode()
    assert browser.get("/posts/").status_code == 302


@pytest.mark.parametrize(
    ("path", "target"),
    [("/accounts/login/?next=/compose/", "/sign-in/?next=/compose/"), ("/accounts/3rdparty/", "/settings/")],
)
def test_pages_of_allauth_that_ours_replace(path: str, target: str, browser: Client) -> None:
    assert browser.get(path).headers["Location"] == target
    assert browser.post(path).headers["Location"] == target


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/3rdparty/signup/", "/accounts/signup/", "/accounts/password/reset/"])
def test_nobody_gets_in_another_way(path: str) -> None:
    response = Client().get(path)
    assert response.status_code in (302, 404)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_neither_database_nor_request(name: str) -> None:
    page = read(render_to_string(f"{name}.html"))
    assert len(list(page.all("h1"))) == 1
    assert not list(page.all("script"))


def test_a_crash_answers_with_the_error_page(rf: object) -> None:
    response = server_error(rf.get("/"))  # type: ignore[attr-defined]
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


def test_files_at_the_root() -> None:
    robots = Client().get("/robots.txt")
    assert robots.headers["Content-Type"].startswith("text/plain")
    assert "Disallow: /" in robots.content.decode()
    assert Client().get("/favicon.ico").headers["Location"] == "/static/icons/favicon.svg"


def test_the_webhook_has_its_address() -> None:
    assert reverse("accounts:tiktok_webhook") == "/webhooks/tiktok/"


@pytest.mark.django_db
def test_the_staff_pages_say_whose_they_are() -> None:
    assert "Postcast staff" in Client().get("/admin/login/").content.decode()


def test_creators_get_no_staff_pages(browser: Client, creator: Creator) -> None:
    assert browser.get("/admin/").status_code == 302
