"""The plan: drafts that are saved while they are typed, in local time, and a calendar of them with posts."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from predictions.learning.services import update_weights
from predictions.models import Prediction, SavedDraft
from privacy.purposes import Purpose
from tests.factories import OutcomeFactory, PostFactory, PredictionFactory, agree, disagree
from tests.pages.conftest import Creator
from tests.pages.html import Element, read
from tests.pages.test_composer import DRAFT, SOON, picture
from tests.pages.test_every_page import check_page
from tests.predictions.plan.factories import SavedDraftFactory

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def in_berlin(creator: Creator) -> Creator:
    creator.account.time_zone = "Europe/Berlin"
    creator.account.save()
    return creator


def page_of(browser: Client, path: str, fields: dict[str, Any] | None = None, status: int = 200) -> Element:
    response = browser.get(path) if fields is None else browser.post(path, fields)
    assert response.status_code == status
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    return read(response.content.decode())


def value(page: Element, name: str) -> str:
    control = page.by_id(f"id_{name}")
    assert control is not None
    return control.get("value") or control.text


def save(browser: Client, fields: dict[str, Any]) -> Any:
    return browser.post("/plan/drafts/save/", fields)


def cards(page: Element) -> list[str]:
    return [each.text for each in page.all("article") if "plan-card" in (each.get("class") or "")]


# --- a draft ---------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_saved_and_comes_back(browser: Client, creator: Creator) -> None:
    agree(creator.user, Purpose.DRAFTS)
    saved = save(browser, {**DRAFT, "variant_B": "Dawn"}).json()
    assert (saved["version"], saved["keeps_text"], saved["unsound"]) == (1, True, [])
    page = page_of(browser, saved["address"])
    assert [value(page, name) for name in (*DRAFT, "variant_B")] == [*DRAFT.values(), "Dawn"]
    again = save(browser, {**DRAFT, "draft": saved["draft"], "version": "1", "caption": "Other"}).json()
    assert (again["draft"], again["version"]) == (saved["draft"], 2)


def test_what_is_not_sound_yet_does_not_keep_the_rest_from_being_saved(browser: Client, creator: Creator) -> None:
    saved = save(browser, {**DRAFT, "publish_at": "", "duration_s": "half"}).json()
    assert saved["unsound"] == ["Length of the video (seconds)"]
    draft = SavedDraft.objects.get(public_id=saved["draft"])
    assert (draft.publish_at, draft.duration_s) == (None, None)


def test_a_stale_page_is_told_how_the_draft_stands_and_changes_nothing(browser: Client, creator: Creator) -> None:
    agree(creator.user, Purpose.DRAFTS)
    draft = SavedDraftFactory(account=creator.account, version=2, caption="Theirs")
    stale = {**DRAFT, "draft": draft.public_id, "version": "1", "caption": "Mine"}
    answer = save(browser, stale)
    assert answer.status_code == 409
    assert (answer.json()["fields"]["caption"], answer.json()["fields"]["version"]) == ("Theirs", "2")
    # without JavaScript both stand on the page, and sending it again keeps mine
    page = page_of(browser, f"/plan/drafts/{draft.public_id}/", stale, status=409)
    assert "Theirs" in next(page.all("blockquote")).text
    assert (value(page, "caption"), value(page, "version")) == ("Mine", "2")
    draft.refresh_from_db()
    assert draft.caption == "Theirs"
    page_of(browser, f"/plan/drafts/{draft.public_id}/", {**stale, "version": "2"})
    draft.refresh_from_db()
    assert draft.caption == "Mine"


@pytest.mark.parametrize("known", ["drft_nobody", "%00", "\0"])
def test_a_form_about_no_draft_answers_404(known: str, browser: Client, creator: Creator) -> None:
    for path in ("/compose/", "/plan/drafts/save/"):
        assert browser.post(path, {**DRAFT, "draft": known}).status_code == 404


def test_a_form_about_anothers_draft_answers_404(browser: Client, creator: Creator, stranger: Creator) -> None:
    for path in ("/compose/", "/plan/drafts/save/"):
        assert browser.post(path, {**DRAFT, "draft": stranger.draft.public_id}).status_code == 404


def test_saving_a_forecast_saves_the_draft_with_it(browser: Client, creator: Creator) -> None:
    before = SavedDraft.objects.count()
    page = page_of(browser, "/compose/", {**DRAFT, "cover": picture()})
    draft = SavedDraft.objects.latest("pk")
    assert SavedDraft.objects.count() == before + 1
    assert draft.prediction == Prediction.objects.first()
    assert draft.cover
    assert "embedding" not in draft.cover
    assert "A mostly turquoise picture." in [each.text for each in page.all("textarea")]
    # what the page sends next is about the same draft, and carries the measures of its cover
    assert (value(page, "draft"), value(page, "version")) == (draft.public_id, str(draft.version))
    seal = next(each["value"] for each in page.all("input") if each.get("name") == "measured_cover")
    page_of(browser, "/compose/", {**DRAFT, "draft": draft.public_id, "version": draft.version, "measured_cover": seal})
    assert SavedDraft.objects.count() == before + 1
    draft.refresh_from_db()
    assert draft.cover


def test_a_draft_is_saved_without_a_forecast(browser: Client, creator: Creator) -> None:
    before = Prediction.objects.count()
    response = browser.post("/compose/", {"caption": "Some day", "save": "1"})
    draft = SavedDraft.objects.latest("pk")
    assert response.headers["Location"] == f"/plan/drafts/{draft.public_id}/"
    assert draft.publish_at is None
    assert Prediction.objects.count() == before


def test_trying_answers_with_the_forecast_and_keeps_nothing(browser: Client, creator: Creator) -> None:
    update_weights(account_id=creator.account.pk)
    predictions, drafts = Prediction.objects.count(), SavedDraft.objects.count()
    response = browser.post("/plan/drafts/try/", {**DRAFT, "cover": picture()})
    part = read(response.content.decode())
    assert "likes after 24 hours, typically" in part.text
    assert "4 posts in 5 land here" in part.text
    assert "chance to beat your usual likes" in part.text
    assert "views after 24 hours, typically" in part.text
    # feedback and reports are about what is kept
    assert not [form for form in part.all("form") if "feedback" in form["action"] or "report" in form["action"]]
    assert (Prediction.objects.count(), SavedDraft.objects.count()) == (predictions, drafts)


def test_what_cannot_be_tried_says_what_is_wrong_with_the_picture(browser: Client, creator: Creator) -> None:
    assert browser.post("/plan/drafts/try/", {**DRAFT, "publish_at": ""}).json() == {"cover": []}
    wrong = browser.post("/plan/drafts/try/", {**DRAFT, "cover": SimpleUploadedFile("cover.jpg", b"not a picture")})
    assert wrong.status_code == 422
    assert "could not be read as a picture" in wrong.json()["cover"][0]


def test_without_consent_nothing_is_tried_or_saved(browser: Client, creator: Creator) -> None:
    disagree(creator.user, Purpose.SERVICE)
    before = SavedDraft.objects.count()
    assert {browser.post(f"/plan/drafts/{step}/", DRAFT).status_code for step in ("try", "save")} <= {302, 403}
    assert SavedDraft.objects.count() == before


def test_a_draft_is_deleted_and_its_forecast_stays(browser: Client, creator: Creator) -> None:
    creator.draft.prediction = creator.prediction
    creator.draft.save()
    browser.post(f"/plan/drafts/{creator.draft.public_id}/delete/")
    assert not SavedDraft.objects.filter(pk=creator.draft.pk).exists()
    assert Prediction.objects.filter(pk=creator.prediction.pk).exists()


def test_who_keeps_no_texts_is_told_where_the_text_stays(browser: Client, creator: Creator) -> None:
    disagree(creator.user, Purpose.DRAFTS)
    assert "Your text is not kept here" in page_of(browser, "/compose/").text
    draft = SavedDraft.objects.get(public_id=save(browser, DRAFT).json()["draft"])
    assert draft.caption == ""
    # another browser does not know the text, and does not take from the draft what recognises its post
    save(browser, {**DRAFT, "caption": "", "draft": draft.public_id, "version": "1", "duration_s": "30"})
    known = draft.caption_fingerprint
    draft.refresh_from_db()
    assert (draft.duration_s, draft.caption_fingerprint) == (30, known)


# --- local time ------------------------------------------------------------------------------------------------------


def test_times_are_those_of_the_accounts_zone(browser: Client, in_berlin: Creator) -> None:
    page = page_of(browser, "/compose/")
    assert "Times in Europe/Berlin" in page.text
    assert "UTC" not in page.text.replace(next(page.all("footer")).text, "")
    page_of(browser, "/compose/", DRAFT)
    draft = SavedDraft.objects.latest("pk")
    assert draft.publish_at is not None
    assert draft.publish_at.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") == SOON
    assert value(page_of(browser, f"/plan/drafts/{draft.public_id}/"), "publish_at") == SOON


def test_without_a_zone_the_page_says_so_and_leads_to_the_choice(browser: Client, creator: Creator) -> None:
    for path in ("/compose/", "/plan/"):
        page = page_of(browser, path)
        assert "Times in UTC:" in page.text
        assert [link for link in page.all("a") if link.text == "set your time zone" and link["href"] == "/settings/"]


def test_hours_that_the_clocks_leave_out_or_show_twice_are_told_in_words(browser: Client, in_berlin: Creator) -> None:
    year = timezone.now().year + 1
    sundays = {
        month: max(d for d in range(25, 32) if datetime.date(year, month, d).weekday() == 6) for month in (3, 10)
    }
    before = Prediction.objects.count()
    for month, words in ((3, "there is no 02:30 in Europe/Berlin"), (10, "02:30 comes twice in Europe/Berlin")):
        page = page_of(browser, "/compose/", {**DRAFT, "publish_at": f"{year}-{month:02}-{sundays[month]}T02:30"})
        error = page.by_id("id_publish_at_error")
        assert error is not None
        assert words in error.text
    assert Prediction.objects.count() == before


# --- the calendar ----------------------------------------------------------------------------------------------------


def test_the_week_shows_drafts_and_posts_on_their_local_days(browser: Client, in_berlin: Creator) -> None:
    account = in_berlin.account
    monday = timezone.localdate(timezone.now(), BERLIN)
    monday += datetime.timedelta(days=7 - monday.weekday())
    # late in UTC is early on the next day in Berlin
    night = datetime.datetime.combine(monday + datetime.timedelta(days=2), datetime.time(0, 30), BERLIN)
    SavedDraftFactory(account=account, caption="Night swim", publish_at=night, remind_at=night)
    week = page_of(browser, f"/plan/?week={monday + datetime.timedelta(days=4)}")
    days = [day for day in week.all("li") if "plan-day" in (day.get("class") or "")]
    assert len(days) == 7
    assert ["Night swim" in day.text for day in days] == [False, False, True, False, False, False, False]
    [card] = [card for card in cards(week) if "Night swim" in card]
    assert card.startswith("00:30 planned")
    assert "likes, typically" in card
    assert "Likely " in card
    assert "Night swim" not in page_of(browser, f"/plan/?week={monday + datetime.timedelta(days=7)}").text


def test_the_list_shows_what_comes_and_how_the_last_month_turned_out(browser: Client, creator: Creator) -> None:
    account, now = creator.account, timezone.now()
    SavedDraftFactory(account=account, caption="Some day", publish_at=None)
    SavedDraftFactory(account=account, caption="Gone by", publish_at=now - datetime.timedelta(days=1))
    post = PostFactory(account=account, posted_at=now - datetime.timedelta(days=3), caption="At the pier")
    OutcomeFactory(prediction=PredictionFactory(account=account, low=70, high=400), post=post, likes=212.0)
    became = SavedDraftFactory(account=account, caption="Its draft", publish_at=post.posted_at, post=post)
    page = page_of(browser, "/plan/?view=list")
    told = cards(page)
    assert [card for card in told if "Some day" in card and "draft" in card]
    assert [card for card in told if "Gone by" in card and "not found yet" in card]
    [published] = [card for card in told if "At the pier" in card]
    assert "212 likes after 24 hours Forecast: 70–400, inside" in published
    assert became.caption not in page.text


def test_an_empty_plan_leads_to_the_first_draft(browser: Client, creator: Creator) -> None:
    creator.draft.delete()
    creator.account.posts.all().delete()
    assert "Nothing in this week" in page_of(browser, "/plan/").text
    assert "Nothing planned yet" in page_of(browser, "/plan/?view=list").text


@pytest.mark.parametrize("week", ["nonsense", "9999-12-31", "0001-01-01", "2026-13-01"])
def test_an_impossible_week_is_this_one(week: str, browser: Client, creator: Creator) -> None:
    assert "today" in page_of(browser, f"/plan/?week={week}").text


def test_a_due_reminder_is_a_note_until_it_is_ended(browser: Client, creator: Creator) -> None:
    creator.draft.remind_at = timezone.now() - datetime.timedelta(minutes=5)
    creator.draft.save()
    assert "Time to post" in page_of(browser, "/plan/").text
    browser.post(f"/plan/drafts/{creator.draft.public_id}/remind-no-more/")
    assert "Time to post" not in page_of(browser, "/plan/").text
