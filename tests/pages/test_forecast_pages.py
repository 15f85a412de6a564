"""Earlier forecasts and how they turned out."""

from django.test import Client

from predictions.engine.explanation import LEVERS, OTHER
from predictions.templatetags.forecasts import FEATURES
from tests.factories import OutcomeFactory, PredictionFactory
from tests.pages.conftest import Creator
from tests.pages.html import read


def test_the_list_shows_how_right_each_was(browser: Client, creator: Creator) -> None:
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
    for expected in (
        "How it turned out",
        "200",
        "Likely 70–400 (4 posts in 5 land here)",
        "Forecast was off by 20",
        "Counted near 24 hours",
        "the text was not kept",
    ):
        assert expected in page.text
    wide = next(picture for picture in page.all("svg") if picture.get("role") == "img")
    assert len([mark for mark in wide.all("path") if mark["class"] == "mark--outcome"]) == 1


def test_an_estimate_has_a_range_and_judges_nothing(browser: Client, creator: Creator) -> None:
    forecast = PredictionFactory(account=creator.account)
    OutcomeFactory(
        prediction=forecast, label="estimated", sd=0.5, within_interval=False, measures_within={"views": False}
    )
    [row] = [
        row.text
        for row in read(browser.get("/forecasts/").content.decode()).all("tr")
        if any(link["href"].endswith(f"{forecast.public_id}/") for link in row.all("a"))
    ]
    page = read(browser.get(f"/forecasts/{forecast.public_id}/").content.decode()).text
    for text in (row, page):
        assert "estimated about 200 (105 to 380)" in text
        assert "its range" not in text
        assert "off by" not in text
    assert "Likes after 24 hours 200 105 to 380" in page
    assert "How it turned out (estimated) about 200 (105 to 380)" in page


def test_an_estimate_of_unknown_uncertainty_has_no_range(browser: Client, creator: Creator) -> None:
    forecast = PredictionFactory(account=creator.account)
    OutcomeFactory(prediction=forecast, label="estimated", sd=None, likes=12_345.6)
    page = read(browser.get(f"/forecasts/{forecast.public_id}/").content.decode()).text
    assert "estimated about 12,300 Likes after 24 hours 12,300 Comments" in page
    assert "range of the likes" not in page


def test_the_engagement_rate_is_in_plain_words(browser: Client, creator: Creator) -> None:
    prediction = creator.met_prediction
    prediction.outcome.engagement_rate = 0.0812
    prediction.outcome.measures_within = {"engagement_rate": True, "views": False}
    prediction.outcome.views = 7_200
    prediction.outcome.save()
    text = read(browser.get(f"/forecasts/{prediction.public_id}/").content.decode()).text
    assert "Engagement rate 7.9 % (5.9 % to 11 %): likes, comments and shares per view" in text
    assert "Engagement rate 8.1 % in its range" in text
    assert "Views 7,200 outside its range" in text
    assert "Views 2,100 900 to 5,400" in text


def test_an_unknown_rate_is_left_out(browser: Client, creator: Creator) -> None:
    unknown = PredictionFactory(account=creator.account, measures={}, metrics={"likes": 120.0}, engagement_rate=None)
    text = read(browser.get(f"/forecasts/{unknown.public_id}/").content.decode()).text
    assert "Engagement rate" not in text
    assert "Views –" in text


def test_an_explanation_is_on_the_forecasts_page(browser: Client, creator: Creator) -> None:
    effects = {"post_hour": 12.3, "sound": 0.4, "all_the_rest": -4.0}
    moved = [{"feature": feature, "effect_pct": effect} for feature, effect in effects.items()]
    explained = PredictionFactory(account=creator.account, explanation=moved)
    text = read(browser.get(f"/forecasts/{explained.public_id}/").content.decode()).text
    assert "What helps, and what holds back Against your usual post, for what you filled in." in text
    assert "The hour +12 % All the rest −4 %" in text
    assert "lately" not in text
    unmoved = PredictionFactory(account=creator.account, explanation=[{"feature": "sound", "effect_pct": -0.4}])
    for unexplained in (creator.prediction, unmoved):
        page = read(browser.get(f"/forecasts/{unexplained.public_id}/").content.decode())
        assert "What helps" not in page.text


def test_without_forecasts_the_composer_is_offered(browser: Client, creator: Creator) -> None:
    creator.account.predictions.all().delete()
    page = read(browser.get("/forecasts/").content.decode())
    assert "No forecast yet" in page.text


def test_every_feature_that_an_explanation_names_has_words_for_people() -> None:
    assert {*LEVERS, OTHER} <= set(FEATURES)


def test_no_page_shows_the_point_forecast(browser: Client, creator: Creator) -> None:
    prediction = PredictionFactory(account=creator.account, point=87_654.0)
    OutcomeFactory(prediction=prediction, error=0.4321)
    for path in ("/forecasts/", f"/forecasts/{prediction.public_id}/"):
        text = read(browser.get(path).content.decode()).text
        assert "87,7" not in text
        assert "43 %" not in text
        assert "oint forecast" not in text
