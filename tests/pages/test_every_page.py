"""What holds for every page: it answers, says what it is, can be used by ear and by keyboard, and keeps the policy."""

from itertools import pairwise
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from posts.models import Refresh
from tests.pages.conftest import Creator, connect
from tests.pages.html import Element, read

PUBLIC = [
    "/",
    "/sign-in/",
    "/sign-in/failed/",
    "/privacy/",
    "/how-it-works/",
    "/help/",
    "/docs/",
    "/terms/",
    "/imprint/",
    "/status/",
    "/demo/",
    "/demo/plan/",
    "/demo/posts/",
    "/demo/posts/?page=2",
    "/demo/insights/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
    "/accounts/3rdparty/login/error/",
    "/accounts/tiktok/login/",
    "/there-is-no-such-page/",
    "/shared/ended/",
]
MEMBERS = [
    "/",
    "/overview/",
    "/posts/",
    "/posts/{post}/",
    "/compose/",
    "/compose/write/",
    "/experiments/",
    "/insights/",
    "/track-record/",
    "/plan/",
    "/plan/?view=list",
    "/plan/drafts/{draft}/",
    "/forecasts/",
    "/forecasts/{prediction}/",
    "/forecasts/{met_prediction}/",
    "/imports/",
    "/notifications/",
    "/settings/webhooks/",
    "/settings/webhooks/{webhook}/",
    "/side-by-side/",
    "/report/",
    "/report/?period=month",
    "/sharing/",
    "/sharing/report/",
    "/sharing/forecasts/{prediction}/",
    "/settings/",
    "/settings/accounts/{account}/disconnect/",
    "/privacy/",
    "/accounts/logout/",
    "/accounts/tiktok/login/?process=connect",
]
STATUS = {"/accounts/3rdparty/login/error/": 401, "/there-is-no-such-page/": 404, "/shared/ended/": 404}


def fill(path: str, creator: Creator) -> str:
    return path.format(
        account=creator.account.public_id,
        post=creator.account.posts.all()[0].public_id,
        prediction=creator.prediction.public_id,
        met_prediction=creator.met_prediction.public_id,
        draft=creator.draft.public_id,
        webhook=creator.user.webhooks.get().public_id,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_sound(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == STATUS.get(path, 200)
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])


def test_pages_of_members_are_sound_and_send_others_to_the_sign_in_and_back(
    browser: Client, creator: Creator, subtests: pytest.Subtests
) -> None:
    for path in MEMBERS:
        filled = fill(path, creator)
        with subtests.test(path=path):
            response = browser.get(filled)
            assert response.status_code == 200
            check_page(response.content.decode(), response.headers["Content-Security-Policy"])
        if path not in PUBLIC and not path.startswith("/accounts/"):
            with subtests.test(path=path, by="a stranger"):
                response = Client().get(filled)
                assert response.status_code == 302
                assert response.headers["Location"] == f"{reverse('accounts:sign_in')}?next={quote(filled)}"


CONNECTIONS = ("ok", "no videos", "lost", "revoked", "never connected")


@pytest.mark.parametrize(
    ("state", "connection"),
    [
        # every state and every connection once; `make prove` has all pairs
        pytest.param(state, connection, marks=() if connection == "ok" or state is None else pytest.mark.prove)
        for state in (*Refresh.State, None)
        for connection in CONNECTIONS
    ],
)
def test_posts_page_is_sound_in_every_state(
    state: str | None, connection: str, browser: Client, creator: Creator
) -> None:
    creator.account.refreshes.all().delete()
    creator.account.posts.all().delete()
    creator.account.credential.delete()
    if state:
        Refresh.objects.create(account=creator.account, state=state)
    if connection == "no videos":
        connect(creator.account, scopes=["user.info.basic"])
    elif connection != "never connected":
        connect(creator.account, state="active" if connection == "ok" else connection)
    response = browser.get("/posts/")
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])


def check_page(source: str, policy: str) -> None:
    page = read(source)
    assert "unsafe" not in policy
    assert_nothing_inline(page)
    assert_nothing_from_elsewhere(page)
    assert next(page.all("html"))["lang"] == "en-gb"
    assert next(page.all("title")).text.endswith("· Postcast")
    assert len(list(page.all("h1"))) == 1
    assert next(page.all("h1")).text
    assert_headings_skip_no_level(page)
    assert_ids_are_unique_and_exist(page)
    assert_controls_have_names(page)
    skip_link = next(page.all("a"))
    assert page.by_id(skip_link["href"].removeprefix("#")) is not None


def assert_nothing_inline(page: Element) -> None:
    for element in page.all():
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
    assert not list(page.all("style"))
    assert all(script.get("src") and not script.text for script in page.all("script"))


def assert_nothing_from_elsewhere(page: Element) -> None:
    for element in page.all("script", "link", "img", "form", "iframe"):
        for name in ("src", "href", "action"):
            assert not (element.get(name) or "").startswith(("http:", "https:", "//"))


def assert_headings_skip_no_level(page: Element) -> None:
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def assert_ids_are_unique_and_exist(page: Element) -> None:
    ids = [element["id"] for element in page.all() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.all():
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set((element.get(name) or "").split()) <= set(ids), (name, element)


def assert_controls_have_names(page: Element) -> None:
    labelled = {label["for"] for label in page.all("label")}
    for control in page.all("input", "select", "textarea"):
        if control.get("type") != "hidden":
            assert control.get("id") in labelled, control
    for control in page.all("button", "a"):
        assert control.text or control.get("aria-label"), control
    for picture in page.all("svg"):
        assert picture.get("aria-hidden") == "true" or picture.get("aria-label")
    for table in page.all("table"):
        assert next(table.all("caption")).text
