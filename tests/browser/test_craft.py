"""Craft of every page in the browser: it fits, has no finding of axe, is light, and nothing moves as it loads."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Error, Page, Response

from config.settings.development import DEVELOPMENT_DEFAULTS
from predictions.engine import GlobalModel
from predictions.versions.services import register
from tests.browser.conftest import OpenPage
from tests.factories import (
    SUGGESTION,
    AssignmentFactory,
    ExperimentFactory,
    FeedbackFactory,
    PostFactory,
    StaffFactory,
    TikTokAccountFactory,
    enter_admin,
)
from tests.pages.conftest import Creator, connect, make_creator
from tests.pages.test_every_page import MEMBERS, PUBLIC, STATUS, fill

MOST_BYTES = 150_000
"""Of a page with all that it loads, compressed."""
MOST_SHIFT = 0.02
"""Cumulative layout shift, https://web.dev/articles/cls."""
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of all pages."""
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänswitwe"
LEADS_ELSEWHERE = ("/accounts/tiktok/login/", *STATUS)
"""A browser complains of their status, or ends up elsewhere: the tests of their words are in tests/pages."""
PATHS = [path for path in dict.fromkeys((*PUBLIC, *MEMBERS)) if not path.startswith(LEADS_ELSEWHERE)]
VARIED = ["/how-it-works/", "/overview/", "/posts/", "/compose/", "/insights/", "/plan/", "/settings/"]
"""Pages with most kinds of elements between them."""

# what a page painted last of all its large things (ms), and how much it moved
OBSERVE = """
window.craft = {paint: 0, shift: 0};
new PerformanceObserver((list) => { for (const each of list.getEntries()) craft.paint = each.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => { for (const each of list.getEntries()) craft.shift += each.value; })
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def creator(transactional_db: None, settings: Any) -> Creator:
    """A creator with long names and large numbers, and all that pages can show."""
    settings.VAPID_PRIVATE_KEY = DEVELOPMENT_DEFAULTS["VAPID_PRIVATE_KEY"]
    creator = make_creator(posts=30)
    creator.account.display_name = creator.account.username = LONG_NAME
    creator.account.save()
    PostFactory(account=creator.account, text=f"#{LONG_NAME.lower()}", likes_by_hour={24: 1_234_567_890})
    for account in TikTokAccountFactory.create_batch(2, user=creator.user):
        connect(account)
    AssignmentFactory(experiment__account=creator.account, experiment__posts=30, experiment__more_posts=900)
    ExperimentFactory(account=creator.account, state="answered", effect_pct=40.0, low_pct=2.0, high_pct=90.0)
    creator.met_prediction.suggestions = [SUGGESTION]
    creator.met_prediction.save()
    return creator


def pages_of(creator: Creator, page: Page, paths: list[str]) -> Iterator[str]:
    """Open one path after the other, each when the last was looked at."""
    page.add_init_script(OBSERVE)
    for path in paths:
        page.goto(fill(path, creator), wait_until="load")
        yield path


def findings(page: Page, *, but_not: str = "") -> list[str]:
    """Return what axe finds wrong with the page, with the first element of each; a selector of what is left out."""
    context = {"exclude": [[but_not]]} if but_not else None
    violations: list[dict[str, Any]] = Axe().run(page, context=context).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations]


@pytest.mark.parametrize(
    ("width", "scheme", "looked_at"),
    [
        (390, "dark", PATHS),
        (1280, "light", VARIED),
        *(
            pytest.param(*each, PATHS, marks=pytest.mark.prove)
            for each in [(390, "light"), (1280, "light"), (1280, "dark"), (768, "light")]
        ),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, list) else str(value),
)
def test_every_page_fits_is_light_stands_still_and_has_no_finding_of_axe(
    width: int, scheme: str, looked_at: list[str], creator: Creator, open_page: OpenPage, record_property: Any
) -> None:
    """All pages on a phone in the dark; of the other widths and the light, all are for `make prove`."""
    page = open_page(user=creator.user, width=width, color_scheme=scheme, bypass_csp=True)
    loaded: list[int] = []

    def weigh(response: Response) -> None:
        # what a proxy compresses, whatever this server does
        try:
            loaded.append(len(gzip.compress(response.body())))
        except Error:
            # a redirect has no body
            return

    page.on("response", weigh)
    # each is a first visit
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    heaviest, most_shift, latest = (0, ""), (0.0, ""), (0.0, "")
    wrong = []
    for path in pages_of(creator, page, looked_at):
        told = page.evaluate("craft")
        heaviest = max(heaviest, (sum(loaded), path))
        most_shift = max(most_shift, (told["shift"], path))
        latest = max(latest, (told["paint"], path))
        loaded.clear()
        if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
            wrong.append(f"{path} sticks out sideways")
        if page.evaluate("getComputedStyle(document.body).backgroundColor") != (
            "rgb(246, 245, 241)" if scheme == "light" else "rgb(17, 23, 28)"
        ):
            wrong.append(f"{path} is not {scheme}")
        wrong += [f"{path}: {finding}" for finding in findings(page)]
        if SHOTS:
            name = path.strip("/").replace("/", "-").replace("{", "").replace("}", "") or "start"
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    record_property("heaviest page, bytes compressed", heaviest)
    record_property("largest layout shift", most_shift)
    record_property("latest largest paint, ms", latest)
    assert wrong == [], "\n".join(wrong)
    assert 1_000 < heaviest[0] < MOST_BYTES, heaviest
    assert most_shift[0] < MOST_SHIFT, most_shift


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        pytest.param(390, "dark", marks=pytest.mark.prove),
    ],
)
def test_pages_of_staff_fit_and_have_no_finding_of_axe(
    width: int, scheme: str, creator: Creator, open_page: OpenPage, live_server: Any
) -> None:
    first, second, third = (register(model=GlobalModel.prior(), metrics={}, promote=True) for _ in range(3))
    FeedbackFactory(prediction=creator.prediction, text="Too high for a rainy day")
    client = enter_admin(Client(), StaffFactory(username="sam"))
    session = client.cookies["sessionid"].value
    # the tooltip is of Django's own widget for groups
    models, wrong = "/admin/predictions/modelversion", []
    page = open_page(width=width, color_scheme=scheme, bypass_csp=True)
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    for path in (
        *("/admin/", "/admin/telemetry/failedtask/costs/", "/admin/telemetry/failedtask/"),
        *("/admin/telemetry/routeday/", "/admin/privacy/erasure/desk/", "/admin/predictions/feedback/"),
        *(f"{models}/", f"{models}/{third.pk}/change/", f"{models}/roll-back/"),
        *(f"{models}/{first.pk}/promote/", f"{models}/{second.pk}/canary/"),
        *("/admin/accounts/user/", f"/admin/accounts/user/{creator.user.pk}/change/"),
        f"/admin/accounts/user/{creator.user.pk}/erase/",
        f"/admin/predictions/prediction/{creator.met_prediction.pk}/change/",
    ):
        answer = page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.url.endswith(path), answer.url
        wrong += [f"{path}: {finding}" for finding in findings(page, but_not=".help-tooltip")]
        for wide in (width, 390):
            page.set_viewport_size({"width": wide, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
                wrong.append(f"{path} sticks out sideways at {wide}")
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            name = path.strip("/").replace("/", "-")
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert wrong == [], "\n".join(wrong)
