"""The demo: everybody's, like the product, and without a trace."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from predictions.demo import account
from predictions.demo.creator import ZONE
from predictions.models import Prediction
from tests.pages.conftest import Creator
from tests.pages.html import Element, read
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

PAGES = ["/demo/", "/demo/plan/", "/demo/posts/", "/demo/insights/"]


def tomorrow(hour: int = 9) -> str:
    return f"{timezone.now().astimezone(ZONE) + timedelta(days=1):%Y-%m-%d}T{hour:02}:00"


def draft(**changes: str) -> dict[str, str]:
    return {"caption": "Rye starter, day six. #bread #foryou", "publish_at": tomorrow(), "duration_s": "34"} | changes


def ask(client: Client, **changes: str) -> Element:
    response = client.post("/demo/plan/", draft(**changes))
    assert response.status_code == 200
    return read(response.content.decode())


def result(page: Element) -> str:
    found = page.by_id("result")
    assert found is not None
    return found.text


def typical(page: Element) -> float:
    headline, *_ = [each.text for each in page.all("p") if each.get("class") == "headline"]
    return float(headline.split()[0].replace(",", ""))


def step(page: Element, label: str) -> dict[str, str]:
    """Return the hidden fields of the step whose button begins with the label."""
    for form in page.all("form"):
        if "data-step" in form.attributes and next(form.all("button")).text.replace("“ ", "“").startswith(label):
            return {field["name"]: field.get("value") or "" for field in form.all("input")}
    raise AssertionError(f"no step {label!r}")


def assert_leaves_no_trace(client: Client, method: str, path: str, **data: Any) -> None:
    client.get("/demo/")
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(path, **data)
    assert response.status_code == 200
    statements = [query["sql"].split()[0] for query in captured]
    assert set(statements) <= {"SELECT"}, captured.captured_queries
    assert not response.cookies
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_write_nothing_and_set_no_cookie(path: str) -> None:
    client = Client()
    assert_leaves_no_trace(client, "get", path)
    assert not client.cookies


def test_a_forecast_writes_nothing_and_sets_no_cookie() -> None:
    client = Client(enforce_csrf_checks=True)
    assert_leaves_no_trace(client, "post", "/demo/plan/", data=draft())
    assert not client.cookies
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_the_same_for_who_is_signed_in(path: str, browser: Client, creator: Creator) -> None:
    browser.get("/posts/")
    assert_leaves_no_trace(browser, "get", path)
    page = browser.get(path).content.decode()
    assert "Your own account" in page
    assert creator.account.name not in page
    assert "Sign out" not in page


@pytest.mark.parametrize("path", PAGES)
def test_pages_say_that_the_creator_is_simulated_and_keep_the_policy(path: str) -> None:
    response = Client().get(path)
    assert "a simulated creator" in response.content.decode()
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "UTC" not in response.content.decode()


def test_the_overview_proves_itself_on_the_last_posts() -> None:
    text = read(Client().get("/demo/").content.decode()).text
    assert "Your last 50 posts, replayed: inside the range" in text
    assert "Postcast would have been nearer than your average of five." in text
    assert "has not learned from any of these posts" in text


def test_the_page_of_a_draft_shows_a_forecast_at_once() -> None:
    page = read(Client().get("/demo/plan/").content.decode())
    text = result(page)
    assert "chance to beat your usual" in text
    assert "4 posts in 5 land here" in text
    assert "Leave out #foryou" in text
    assert "The week by hour" in text
    assert "How likely this is to spread further than your usual" in text
    assert "Report this suggestion" not in text


def test_the_same_draft_gets_the_same_answer_and_another_one_another() -> None:
    first, again = result(ask(Client())), result(ask(Client()))
    assert first == again
    better = ask(Client(), caption="Cold-proofed loaf. Butter or jam? #sourdough #bread", publish_at=tomorrow(19))
    assert typical(better) > typical(ask(Client()))


def test_a_suggestion_is_applied_and_undone() -> None:
    client = Client()
    fields = step(ask(client), "Apply “Leave out #foryou")
    assert fields["caption"] == "Rye starter, day six. #bread"
    after = read(client.post("/demo/plan/", fields).content.decode())
    assert "Before and now" in result(after)
    assert next(after.all("textarea")).text == "Rye starter, day six. #bread"
    undone = read(client.post("/demo/plan/", step(after, "Undo")).content.decode())
    assert "Before and now" not in result(undone)
    assert result(undone) == result(ask(client))


def test_a_suggested_time_is_applied_in_the_creators_local_time() -> None:
    fields = step(ask(Client()), "Apply “Publish on")
    assert fields["before_publish_at"] == tomorrow()
    # the evening audience of the rules, whatever the season
    assert 17 <= int(fields["publish_at"][11:13]) <= 22


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"publish_at": ""}, "Say when you plan to publish."),
        ({"publish_at": "soon"}, "Write a date and a time"),
        ({"publish_at": "2020-01-01T09:00"}, "This is in the past"),
        ({"duration_s": "0"}, "A video lasts at least a second."),
        ({"duration_s": "4000"}, "up to an hour"),
        ({"duration_s": "1e3"}, "whole seconds"),
        ({"caption": "a" * 4_001}, "TikTok takes at most 4,000 characters"),
        ({"caption": "nul \0"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_told_in_place(changes: dict[str, str], says: str) -> None:
    page = ask(Client(), **changes)
    assert says in page.text
    assert "No forecast: a field below needs a change." in page.text
    assert "Your forecast appears here" in result(page)


def test_a_spoiled_undo_is_left_out() -> None:
    page = ask(Client(), before_publish_at="yesterday", before_caption="x")
    assert "Before and now" not in result(page)


def test_an_empty_draft_is_forecast_too() -> None:
    assert typical(ask(Client(), caption="", duration_s="")) > 0


def test_markup_in_a_caption_stays_text() -> None:
    response = Client().post("/demo/plan/", draft(caption="<script>alert(1)</script> #bread"))
    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(method: str) -> None:
    assert getattr(Client(), method)("/demo/plan/").status_code == 405
    assert Client().post("/demo/").status_code == 405


def test_drafts_are_limited_by_address_and_pages_stay_open(settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"demo": "2/min"}
    here, there = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    assert [here.post("/demo/plan/", draft()).status_code for _ in range(3)] == [200, 200, 429]
    assert there.post("/demo/plan/", draft()).status_code == 200
    assert here.get("/demo/plan/").status_code == 200
    assert "Too many drafts tried in the demo" in here.post("/demo/plan/", draft()).content.decode()


def test_the_account_is_learned_once_and_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = []
    learn = account._learn

    def counted(*args: Any) -> account.DemoAccount:
        learned.append(args)
        return learn(*args)

    monkeypatch.setattr(account, "_learn", counted)
    monkeypatch.setattr(account, "_kept", None)
    now = timezone.now()
    first = account.demo_account(now)[1]
    assert account.demo_account(now)[1] is first
    # yesterday's serves until a thread has learned today's
    tomorrow = now + timedelta(days=1)
    assert account.demo_account(tomorrow)[1] is first
    wait_until(lambda: account.demo_account(tomorrow)[1] is not first, "today's account is learned")
    assert len(learned) == 2
