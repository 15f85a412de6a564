"""Feedback on the pages: given, changed, taken back; and the account's track record."""

import pytest
from django.test import Client

from predictions.models import Feedback, Outcome
from privacy.purposes import Purpose
from tests.factories import FeedbackFactory, OutcomeFactory, PredictionFactory, disagree
from tests.pages.conftest import Creator
from tests.pages.html import Element, read
from tests.pages.test_every_page import check_page

FEEDBACK = {"verdict": "wrong", "reason": "too_low", "text": "Two lines\r\nof <b>mine</b>"}


def section(source: str) -> Element:
    """Return the part of the page about feedback."""
    element = read(source).by_id("feedback")
    assert element is not None
    return element


def test_feedback_is_given_changed_and_taken_back(browser: Client, creator: Creator) -> None:
    page = f"/forecasts/{creator.prediction.public_id}/"
    answer = browser.post(f"{page}feedback/", FEEDBACK)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{page}#feedback")
    assert Feedback.objects.get().text == "Two lines\nof <b>mine</b>"
    source = browser.get(page).content.decode()
    assert "You called this forecast wrong . It is too low." in section(source).text
    assert "of <b>mine</b>" in section(source).text
    text = read(source).by_id("id_feedback_text")
    assert text is not None
    assert "of <b>mine</b>" in text.text

    browser.post(f"{page}feedback/", {"verdict": "useless", "reason": "unclear"})
    assert "You called this forecast useless" in section(browser.get(page).content.decode()).text
    assert Feedback.objects.count() == 1

    assert browser.post(f"{page}feedback/take-back/").headers["Location"] == f"{page}#feedback"
    assert not Feedback.objects.exists()
    assert "Is it useless or wrong?" in section(browser.get(page).content.decode()).text


def test_people_who_keep_no_texts_are_not_asked_for_words(browser: Client, creator: Creator) -> None:
    disagree(creator.user, Purpose.DRAFTS)
    page = f"/forecasts/{creator.prediction.public_id}/"
    response = browser.get(page)
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    assert read(response.content.decode()).by_id("id_feedback_text") is None
    assert "only if you agree to keeping your texts" in section(response.content.decode()).text
    browser.post(f"{page}feedback/", FEEDBACK)
    assert (Feedback.objects.get().reason, Feedback.objects.get().text) == ("too_low", "")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("verdict", "", "Say which of the two."),
        ("reason", "", "Choose what comes nearest."),
        ("reason", "rubbish", "not one of the available choices"),
        ("text", "x" * 1001, "Keep it to 1000 characters; this has 1001."),
    ],
)
def test_errors_stand_beside_their_field(
    field: str, value: str, expected: str, browser: Client, creator: Creator
) -> None:
    feedback = FeedbackFactory(prediction=creator.prediction)
    response = browser.post(f"/forecasts/{creator.prediction.public_id}/feedback/", FEEDBACK | {field: value})
    source = response.content.decode()
    check_page(source, response.headers["Content-Security-Policy"])
    error = read(source).by_id(f"id_feedback_{field}_error")
    assert error is not None
    assert expected in error.text
    assert f"id_feedback_{field}_error" in source.replace(f'id="id_feedback_{field}_error"', "")
    assert "open" in next(section(source).all("details")).attributes
    # earlier feedback stays, and is shown
    assert "It is too high" in section(source).text
    feedback.refresh_from_db()
    assert feedback.reason == "too_high"


def test_a_page_with_long_feedback_is_valid(browser: Client, creator: Creator) -> None:
    FeedbackFactory(prediction=creator.met_prediction, text="x" * 1000)
    response = browser.get(f"/forecasts/{creator.met_prediction.public_id}/")
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])


def test_the_track_record_is_shown_once_there_is_enough(browser: Client, creator: Creator) -> None:
    path = "/posts/"
    assert "On your only post with a forecast so far" in read(browser.get(path).content.decode()).text
    for post in creator.account.posts.all():
        OutcomeFactory(prediction=PredictionFactory(account=creator.account), post=post)
    response = browser.get(path)
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    assert "nearer than your recent average 8 times" in read(response.content.decode()).text
    Outcome.objects.update(label=Outcome.Label.ESTIMATED)
    assert "8 posts are left out" in read(browser.get(path).content.decode()).text
    Outcome.objects.all().delete()
    early = read(browser.get(path).content.decode()).text
    assert "It is too early to say how well Postcast does for you." in early
    assert "nearer" not in early


@pytest.mark.parametrize("path", ["/posts/", "/track-record/"])
def test_there_is_no_track_record_without_posts(path: str, browser: Client, creator: Creator) -> None:
    creator.account.predictions.all().delete()
    creator.account.posts.all().delete()
    assert read(browser.get(path).content.decode()).by_id("track-record-heading") is None
