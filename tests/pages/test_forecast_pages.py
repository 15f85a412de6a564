"""Earlier forecasts and what became of them."""

from django.test import Client

from predictions.engine.explanation import GROUP_OF
from predictions.templatetags.forecasts import FEATURES
from tests.factories import OutcomeFactory, PredictionFactory
from tests.pages.conftest import Creator
from tests.pages.html import read


def test_the_list_tells_how_right_each_was(browser: Client, creator: Creator) -> None:
    missed = PredictionFactory(account=creator.account)
    OutcomeFactory(prediction=missed, likes=12_345.6, within_interval=False, typical_error=0.987)
    rows = {
        next(row.all("a"))["href"]: row.text
        for row in next(read(browser.get("/forecasts/").content.decode()).all("tbody")).all("tr")
    }
    assert "not known yet" in rows[f"/forecasts/{creator.prediction.public_id}/"]
    # Element.text makes one space of any white space
    assert "in its range off by 20 %" in rows[f"/forecasts/{creator.met_prediction.public_id}/"]
    missed_row = rows[f"/forecasts/{missed.public_id}/"]
    assert "12,300" in missed_row
    assert "outside its range" in missed_row


def test_the_page_of_one_compares_it_with_its_outcome(browser: Client, creator: Creator) -> None:
    page = read(browser.get(f"/forecasts/{creator.met_prediction.public_id}/").content.decode())
    for expected in ("What it became", "200", "Counted near 24 hours", "the text was not kept"):
        assert expected in page.text
    wide = next(picture for picture in page.all("svg") if picture.get("role") == "img")
    assert len([mark for mark in wide.all("path") if mark["class"] == "mark--outcome"]) == 1


def test_without_forecasts_the_composer_is_offered(browser: Client, creator: Creator) -> None:
    creator.account.predictions.all().delete()
    page = read(browser.get("/forecasts/").content.decode())
    assert "No forecast yet" in page.text


def test_every_feature_that_an_explanation_names_has_words_for_people() -> None:
    assert set(GROUP_OF.values()) <= set(FEATURES)
