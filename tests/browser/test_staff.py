"""A staff member's bad day in a browser: from the home page's alarm to the model's rollback, by links alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from predictions.engine import GlobalModel
from predictions.models import ForecastFailure, ModelEvent
from predictions.versions.selectors import champion_id
from predictions.versions.services import register
from privacy.models import Erasure
from tests.browser.conftest import OpenPage
from tests.factories import StaffFactory, UserFactory, verify


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_model_that_fails_is_rolled_back_from_the_home_page(
    width: int, open_page: OpenPage, live_server: Any
) -> None:
    first, second = (register(model=GlobalModel.prior(), metrics={}, promote=True) for _ in range(2))
    ForecastFailure.objects.bulk_create(ForecastFailure(model_version=second, error="ValueError") for _ in range(3))
    Erasure.objects.create(
        user_id=UserFactory().pk, whole=True, reason="person", through="page", state="running",
        due_at=timezone.now() - timedelta(hours=30),
    )  # fmt: skip
    client = Client()
    verify(client, StaffFactory(username="sam"))
    page = open_page(width=width)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto("/admin/")
    needs = page.get_by_role("region", name="What needs you now")
    expect(needs).to_contain_text("The model raised errors")
    expect(needs).to_contain_text("An erasure is late")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    needs.get_by_role("listitem").filter(has_text="The model raised errors").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/admin/predictions/modelversion/$"))
    page.get_by_role("link", name="Roll back", exact=True).click()
    expect(page.get_by_text(f"{second.name} serves now. After a rollback {first.name} serves.")).to_be_visible()
    page.get_by_label("Reason").fill("It raises errors.")
    page.get_by_role("button", name=f"Roll back to {first.name}").click()
    expect(page.get_by_text(f"From now on {first.name} serves.")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Serving: {first.name}")).to_be_visible()
    assert champion_id() == first.pk
    event = ModelEvent.objects.latest("id")
    assert (event.by, event.reason) == ("sam", "It raises errors.")
