"""The living page of the visual language: contrast in light and dark as the browser resolves it, and forced colours."""

from typing import Any

import pytest
from django.test import Client

from config.design.views import PAIRS
from tests.browser.conftest import OpenPage
from tests.factories import UserFactory
from tests.pages.test_every_page import check_page
from tests.pages.test_stylesheet import contrast

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = """Array.from(document.querySelectorAll("[data-least]")).map((sample) => {
  const style = getComputedStyle(sample);
  return [sample.dataset.pair, Number(sample.dataset.least), style.color, style.backgroundColor,
          sample.querySelector("output").value];
})"""
UNSEEN = """Array.from(document.querySelectorAll("main :is(.button, .input, .switcher a, input, summary, .chip)"))
  .filter((control) => {
    const style = getComputedStyle(control), box = control.getBoundingClientRect();
    const edge = style.borderTopStyle !== "none" && style.borderTopColor !== style.backgroundColor;
    const text = style.color !== style.backgroundColor;
    return !box.width || !box.height || style.visibility !== "visible" || !(edge || text);
  }).map((control) => control.outerHTML)"""


@pytest.fixture(autouse=True)
def in_development(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.browser.design_urls"


def hexadecimal(colour: str) -> str:
    """#rrggbb of rgb(r, g, b)."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(part):02x}" for part in parts)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_tokens_reaches_aa(scheme: str, open_page: OpenPage) -> None:
    page = open_page(user=UserFactory(), width=390, color_scheme=scheme)
    page.goto("/design/")
    samples = page.evaluate(SAMPLES)
    assert len(samples) == len(PAIRS)
    for pair, least, colour, ground, written in samples:
        found = contrast(hexadecimal(colour), hexadecimal(ground))
        assert found >= least, (pair, found)
        assert float(written) == pytest.approx(found, abs=0.051), pair
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_forced_colours_hide_no_control(open_page: OpenPage) -> None:
    page = open_page(user=UserFactory(), width=1200, forced_colors="active")
    page.goto("/design/")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.locator("main .button").count() >= 6
    assert page.evaluate(UNSEEN) == []


def test_the_page_is_sound() -> None:
    response = Client().get("/design/")
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])


def test_it_is_not_there_outside_development(settings: Any) -> None:
    settings.ROOT_URLCONF = "config.urls"
    assert Client().get("/design/").status_code == 404
