"""Suggestions on the composer's page: cards with apply and undo, the week by hour, variants side by side."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from predictions.learning import services
from predictions.models import Prediction, SavedDraft
from predictions.templatetags.forecasts import signed
from predictions.versions.registry import registry
from privacy.purposes import Purpose
from tests.factories import PredictionFactory, TikTokAccountFactory, agree, history_with_effects
from tests.pages.conftest import Creator, connect
from tests.pages.html import Element, read
from tests.pages.test_composer import picture
from tests.pages.test_every_page import check_page

DAY_AFTER_TOMORROW = timezone.now() + datetime.timedelta(days=2)
MORNING = DAY_AFTER_TOMORROW.strftime("%Y-%m-%dT07:00")
DRAFT = {"caption": "At the pier again #pier", "publish_at": MORNING, "duration_s": "20"}


@pytest.fixture
def reacting(creator: Creator) -> Creator:
    """The creator's audience likes questions, #dunes, and hours after noon UTC."""
    registry.__init__()  # type: ignore[misc]
    creator.account.posts.all().delete()
    history_with_effects(creator.account, count=90, until=timezone.now() - datetime.timedelta(hours=30))
    assert services.update_weights(account_id=creator.account.pk)
    return creator


def send(browser: Client, fields: dict[str, Any], path: str = "/compose/") -> Element:
    response = browser.post(path, fields)
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    return read(response.content.decode())


def cards(page: Element) -> dict[str, Element]:
    section = next(each for each in page.all("section") if each.get("aria-labelledby") == "suggestions-heading")
    return {next(item.all("h3")).text: item for item in section.all("li") if list(item.all("h3"))}


def steps(part: Element) -> list[Element]:
    """Return the forms that apply or undo something."""
    return [form for form in part.all("form") if form.get("data-step") is not None]


def hidden(form: Element) -> dict[str, str]:
    return {each["name"]: each["value"] for each in form.all("input") if each["name"] != "csrfmiddlewaretoken"}


def value(page: Element, name: str) -> str:
    control = page.by_id(f"id_{name}")
    assert control is not None
    return control.get("value") or control.text


def test_a_suggestion_is_a_card_that_is_applied_and_undone(browser: Client, reacting: Creator) -> None:
    page = send(browser, DRAFT | {"cover": picture()})
    card = cards(page)["Add #dunes"]
    assert "likely +" in card.text
    assert "Rests on your 45 posts with #dunes. Main evidence: your own posts." in card.text
    assert "Advice, not a promise" in page.text
    before = Prediction.objects.first()
    assert before is not None
    form = steps(card)[0]
    assert "dunes" not in form["action"]

    applied = send(browser, hidden(form))
    assert value(applied, "caption") == "At the pier again #pier #dunes"
    assert (value(applied, "publish_at"), value(applied, "duration_s")) == (MORNING, "20")
    assert "Add #dunes" not in cards(applied)
    # trying a suggestion records nothing
    assert Prediction.objects.first() == before
    beside = next(each for each in applied.all("section") if each.get("aria-labelledby") == "before-heading")
    assert beside.text.startswith(f"Before and now Before {before.typical:.0f}")
    assert "With the change" in beside.text

    undone = send(browser, hidden(steps(beside)[0]))
    assert value(undone, "caption") == DRAFT["caption"]
    # the cover too came all the way
    headline = next(each for each in undone.all("p") if each.get("class") == "headline")
    assert headline.text.startswith(f"{before.typical:.0f} likes")
    assert "Before and now" not in undone.text


def test_all_are_applied_at_once_and_the_wording_is_left(browser: Client, reacting: Creator) -> None:
    page = send(browser, DRAFT)
    told = cards(page)
    assert "The wording is yours" in told["Ask a question"].text
    assert not steps(told["Ask a question"])
    section = next(each for each in page.all("section") if each.get("aria-labelledby") == "suggestions-heading")
    form = steps(section)[-1]
    assert "Apply all" in form.text
    applied = send(browser, hidden(form))
    assert value(applied, "caption") == "At the pier again #dunes"
    assert value(applied, "publish_at") != MORNING


def test_a_cover_that_was_not_sealed_here_counts_for_nothing(browser: Client, reacting: Creator) -> None:
    send(browser, DRAFT | {"measured_cover": "eyJicmlnaHRuZXNzIjo5fQ:forged:signature", "before": "pred_of_nobody"})
    assert Prediction.objects.count() == 3


def test_figures_that_were_not_sealed_here_are_not_shown_as_those_before(browser: Client, reacting: Creator) -> None:
    page = send(browser, DRAFT | {"step": "1", "before": "eyJ0eXBpY2FsIjo5fQ:forged:signature"})
    assert "Before and now" not in page.text


def test_the_week_is_a_table_by_local_hour(browser: Client, reacting: Creator) -> None:
    page = send(browser, DRAFT)
    table = next(each for each in page.all("table") if each.get("class") == "week")
    assert "your local time" in next(table.all("caption")).text
    rows = list(next(table.all("tbody")).all("tr"))
    assert [next(row.all("th")).text for row in rows] == [f"{hour:02}" for hour in range(24)]
    cells = [cell.text for row in rows for cell in row.all("td")]
    assert len(cells) == 24 * 7
    assert any(cell.startswith("+") for cell in cells)
    assert any(True for row in rows for _ in row.all("strong"))


def test_nothing_reliable_is_said(browser: Client, creator: Creator) -> None:
    page = send(browser, DRAFT)
    assert "Nothing reliable found" in page.text
    assert cards(page) == {}


def test_a_broken_rule_stands_on_the_page_with_its_source(browser: Client, creator: Creator) -> None:
    page = send(browser, DRAFT | {"caption": "#a #b #c #d #e #f"})
    assert "TikTok takes at most 5 hashtags in a post. This draft has 6. Source: Press reports of 2025" in page.text
    assert "own rules" not in send(browser, DRAFT).text


@pytest.mark.parametrize("within", ["1", "7", "14"])
def test_times_lie_in_the_days_that_were_chosen(within: str, browser: Client, reacting: Creator) -> None:
    send(browser, DRAFT | {"within": within})
    told = Prediction.objects.first()
    assert told is not None
    planned = datetime.datetime.fromisoformat(f"{MORNING}+00:00")
    for each in told.suggestions or ():
        if each["feature"] == "post_time":
            moment = datetime.datetime.fromisoformat(each["value"])
            assert timezone.now() <= moment
            assert abs(moment - planned) <= datetime.timedelta(days=int(within))


def test_an_earlier_forecast_shows_what_was_told(browser: Client, creator: Creator) -> None:
    told = {
        "feature": "hashtags",
        "action": "add",
        "value": "#dunes",
        "title": "Add #dunes",
        "impact_estimate_pct": 12.3,
        "impact_interval_pct": [3.0, 22.0],
        "chance": 0.95,
        "basis": "your 45 posts with #dunes",
        "evidence": "own_posts",
        "changes": {},
    }
    given = PredictionFactory(account=creator.account, suggestions=[told])
    page = read(browser.get(f"/forecasts/{given.public_id}/").content.decode())
    assert "+12 % likes (likely +3 % to +22 %)" in cards(page)["Add #dunes"].text
    assert not steps(cards(page)["Add #dunes"])
    assert "What to change" not in browser.get(f"/forecasts/{creator.prediction.public_id}/").content.decode()


# --- variants --------------------------------------------------------------------------------------------------------


def test_variants_stand_side_by_side_with_their_chances_to_win(browser: Client, reacting: Creator) -> None:
    agree(reacting.user, Purpose.DRAFTS)
    asking = {"variant_B": "Which one would you pick? #dunes", "variant_C_at": MORNING.replace("T07", "T15")}
    page = send(browser, DRAFT | asking)
    comparison = page.by_id("comparison")
    assert comparison is not None
    rows = [[cell.text for cell in row.all("th", "td")] for row in next(comparison.all("tbody")).all("tr")]
    assert [row[0] for row in rows] == ["A", "B", "C"]
    # a variant with a time alone has the caption of A
    captions = [DRAFT["caption"], asking["variant_B"], DRAFT["caption"]]
    assert all(row[1].startswith(caption) for row, caption in zip(rows, captions, strict=True))
    chances = [int(row[-1].split()[0]) for row in rows]
    assert sum(chances) == pytest.approx(100, abs=2)
    assert max(chances) == chances[1]
    assert value(page, "variant_B") == asking["variant_B"]
    # one forecast is recorded, that of the draft itself
    assert Prediction.objects.count() == 3
    saved = SavedDraft.objects.latest("pk")
    assert [each["caption"] for each in saved.variants] == [asking["variant_B"], DRAFT["caption"]]
    assert (
        value(read(browser.get(f"/plan/drafts/{saved.public_id}/").content.decode()), "variant_B")
        == asking["variant_B"]
    )


def test_errors_of_a_variant_stand_beside_its_field(browser: Client, creator: Creator) -> None:
    page = send(browser, DRAFT | {"variant_C_at": "noon"})
    error = page.by_id("id_variant_C_at_error")
    assert error is not None
    assert "Write a date and a time" in error.text
    assert page.by_id("comparison") is None


def test_numbers_carry_their_sign() -> None:
    assert [signed(each) for each in (12.3, -4.0, 0.4, -0.4)] == ["+12", "−4", "0", "0"]


# --- time zone -------------------------------------------------------------------------------------------------------


def test_the_time_zone_is_chosen_on_the_settings_page(browser: Client, creator: Creator) -> None:
    path = f"/settings/accounts/{creator.account.public_id}/time-zone/"
    field = f"id_{creator.account.public_id}_time_zone"
    assert "is saved" in browser.post(path, {"time_zone": "Europe/Berlin"}, follow=True).content.decode()
    assert value(read(browser.get("/settings/").content.decode()), field.removeprefix("id_")) == "Europe/Berlin"
    refused = browser.post(path, {"time_zone": "Mars/Olympus"})
    check_page(refused.content.decode(), refused.headers["Content-Security-Policy"])
    error = read(refused.content.decode()).by_id(f"{field}_error")
    assert error is not None
    assert error.text.startswith("“Mars/Olympus” is no time zone; expected a name of the IANA database")
    creator.account.refresh_from_db()
    assert creator.account.time_zone == "Europe/Berlin"


def test_each_account_has_its_own_time_zone(browser: Client, creator: Creator) -> None:
    other = TikTokAccountFactory(user=creator.user, display_name="Second")
    connect(other)
    browser.post(f"/settings/accounts/{other.public_id}/time-zone/", {"time_zone": "Asia/Tokyo"})
    response = browser.get("/settings/")
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    creator.account.refresh_from_db()
    other.refresh_from_db()
    assert (creator.account.time_zone, other.time_zone) == ("", "Asia/Tokyo")


def test_the_time_zone_of_another_persons_account_is_out_of_reach(browser: Client, stranger: Creator) -> None:
    path = f"/settings/accounts/{stranger.account.public_id}/time-zone/"
    assert browser.post(path, {"time_zone": "Europe/Berlin"}).status_code == 404
