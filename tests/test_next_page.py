"""Where a person is led on to after a sign-in: never to an address that only takes POST."""

import re

import pytest
from allauth.core.context import request_context
from django.test import Client, RequestFactory, override_settings
from django.urls import resolve

from accounts.models import User
from accounts.sign_in.adapters import AccountAdapter
from config.next_page import nearest_page
from tests.pages.html import read
from tests.privacy.trail.test_every_route import OWN, as_signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        ("/compose/?caption=a", "/compose/?caption=a"),
        ("/forecasts/fc_1/feedback/", "/forecasts/fc_1/"),
        ("/forecasts/fc_1/suggestions/1/report/", "/forecasts/fc_1/"),
        ("/settings/tokens/5/revoke/", "/settings/"),
        ("/experiments/ex_1/draw/?a=b", "/experiments/"),
        ("http://testserver/settings/tokens/", "/settings/"),
        ("/webhooks/tiktok/", ""),
        ("/nothing/at/all/", "/nothing/at/all/"),
        ("/settings", "/settings"),
        ("", ""),
    ],
)
def test_the_nearest_page(wanted: str, page: str) -> None:
    assert nearest_page(wanted) == page


def test_addresses_that_take_only_post_are_told_from_the_others() -> None:
    """Every page of ours, asked with GET: those that refuse are no place to be led to."""
    refused = set()
    signed_in = Client()
    signed_in.force_login(User.objects.create(username="sam"))
    for route in OWN:
        path = f"/{re.sub(r'<[^>]+>', '1', route)}"
        if path.startswith(("/api/", "/_allauth/")):
            continue
        client, _ = as_signed_in(signed_in, route)
        response = client.get(path)
        assert (nearest_page(path) != path) is (response.status_code == 405), path
        if response.status_code == 405:
            refused.add(resolve(path).view_name)
    assert {"predictions:give_feedback", "accounts:create_token", "accounts:tiktok_webhook"} <= refused


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [("/forecasts/fc_1/feedback/", "/forecasts/fc_1/"), ("/webhooks/tiktok/", None), ("/compose/", "/compose/")],
)
def test_the_sign_in_with_tiktok_carries_only_pages(wanted: str, led_to: str | None) -> None:
    page = read(Client().get("/sign-in/", {"next": wanted}).content.decode())
    fields = {field["name"]: field.get("value") for field in next(page.all("form")).all("input")}
    assert fields.get("next") == led_to


def test_the_way_back_from_tiktok_is_no_such_address_either(rf: RequestFactory) -> None:
    """Somebody may post another `next` than the one of the page."""
    adapter = AccountAdapter()
    with request_context(rf.get("/")):
        assert not adapter.is_safe_url("/settings/tokens/")
        assert adapter.is_safe_url("/settings/")
        assert not adapter.is_safe_url("https://evil.example/")


@override_settings(TIKTOK_CLIENT_KEY="", TIKTOK_CLIENT_SECRET="")
def test_nor_is_it_after_a_password() -> None:
    User.objects.create_user("sam", password="lighthouse at noon")
    form = {"username": "sam", "password": "lighthouse at noon"}
    for wanted, led_to in (("/settings/tokens/", "/settings/"), ("/webhooks/tiktok/", "/overview/")):
        response = Client().post("/sign-in/", {**form, "next": wanted})
        assert response.headers["Location"] == led_to
