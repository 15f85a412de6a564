"""An account's results: in the API, and as charts and a table on the page "Track record"."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from predictions.models import Outcome
from predictions.outcomes.charts import scatter_chart, time_chart
from privacy.purposes import Purpose
from tests.factories import (
    OutcomeFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    UserFactory,
    disagree,
)
from tests.pages.html import Element, read

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def result(account: TikTokAccount, posted_at: datetime, **facts: object) -> Outcome:
    post = PostFactory(account=account, posted_at=posted_at)
    return OutcomeFactory(prediction=PredictionFactory(account=account, publish_at=posted_at), post=post, **facts)


@pytest.fixture
def account() -> TikTokAccount:
    """With four results: inside, outside, estimated, and one of last year."""
    account, now = TikTokAccountFactory(time_zone="Asia/Tokyo"), timezone.now()
    result(account, now - 3 * DAY)
    result(account, now - 4 * DAY, likes=900.0, within_interval=False, typical_error=0.82)
    result(account, now - 5 * DAY, label="estimated", sd=0.5)
    result(account, now - 500 * DAY)
    return account


def page_of(account: TikTokAccount, query: str = "") -> Element:
    browser = Client()
    browser.force_login(account.user)
    return read(browser.get(f"/track-record/{query}").content.decode())


def marks(page: Element, kind: str) -> int:
    [wide, *_] = [each for each in page.all("svg") if "against" in (each.get("aria-label") or "")]
    return sum(each.get("class") == f"result--{kind}" for each in wide.all())


def test_each_result_is_a_mark_whose_shape_says_how_it_ended(account: TikTokAccount) -> None:
    page = page_of(account)
    assert [marks(page, kind) for kind in ("inside", "outside", "estimated")] == [2, 1, 1]
    table = next(page.all("table")).text
    assert "outside its range off by 82" in table
    assert "estimated about 200 (105 to 380)" in table


def test_a_period_narrows_charts_sentences_and_table(account: TikTokAccount) -> None:
    page = page_of(account, "?period=30")
    assert [marks(page, kind) for kind in ("inside", "outside", "estimated")] == [1, 1, 1]
    assert "1 of 2 ended inside the range" in page.text
    assert "3 results" in page.text
    assert "4 results" in page_of(account, "?period=nonsense").text


def test_times_are_local(account: TikTokAccount) -> None:
    moment = datetime(2026, 11, 3, 20, 30, tzinfo=timezone.get_default_timezone())
    latest = result(account, moment)
    assert "4 Nov 2026, 05:30" in page_of(account).text
    browser = Client()
    browser.force_login(account.user)
    for path in ("/forecasts/", f"/forecasts/{latest.prediction.public_id}/"):
        text = read(browser.get(path).content.decode()).text
        assert "4 Nov 2026, 05:30" in text
        assert "UTC" not in text


def test_the_first_day_says_when_a_result_can_come() -> None:
    account = TikTokAccountFactory(time_zone="Asia/Tokyo")
    assert "Forecast a post and publish it" in page_of(account).text
    planned = datetime.combine(timezone.now().date() + DAY, datetime.min.time(), timezone.get_default_timezone())
    PredictionFactory(account=account, publish_at=planned)
    PredictionFactory(account=account, publish_at=planned + 3 * DAY)
    assert f"{planned + DAY:%b %Y}, 09:00" in page_of(account).text
    disagree(account.user, Purpose.OUTCOMES)
    assert "You have not agreed to comparing" in page_of(account).text


def test_only_the_last_forecast_of_a_post_counts(account: TikTokAccount) -> None:
    post = PostFactory(account=account)
    earlier, last = PredictionFactory.create_batch(2, account=account)
    for prediction in (last, earlier):
        OutcomeFactory(prediction=prediction, post=post)
    api = APIClient()
    api.force_authenticate(account.user)
    answer = api.get(
        f"/api/v1/accounts/{account.public_id}/results?posted_after={(timezone.now() - 10 * DAY).isoformat()[:19]}Z"
    )
    ids = [each["forecast"]["id"] for each in answer.json()["results"]]
    assert answer.json()["count"] == 4
    assert last.public_id in ids
    assert earlier.public_id not in ids


def test_the_api_tells_forecast_result_and_errors(account: TikTokAccount) -> None:
    api = APIClient()
    api.force_authenticate(account.user)
    page = api.get(f"/api/v1/accounts/{account.public_id}/results?page_size=2").json()
    assert (page["count"], len(page["results"])) == (4, 2)
    rest = api.get(page["next"]).json()["results"]
    by_error = {each["result"]["typical_error"]: each for each in page["results"] + rest}
    missed = by_error[0.82]
    assert missed["result"]["likes"] == 900.0
    assert missed["result"]["within_interval"] is False
    assert missed["forecast"]["interval"] == [70.0, 400.0]
    assert by_error[None]["result"]["label"] == "estimated"


def test_results_are_for_their_person_who_agrees(account: TikTokAccount) -> None:
    api, path = APIClient(), f"/api/v1/accounts/{account.public_id}/results"
    api.force_authenticate(UserFactory())
    assert api.get(path).status_code == 404
    api.force_authenticate(account.user)
    disagree(account.user, Purpose.SERVICE)
    assert api.get(path).status_code == 403


def test_a_right_forecast_is_on_the_diagonal(account: TikTokAccount) -> None:
    right = result(account, timezone.now() - 2 * DAY, likes=160.0)
    better = result(account, timezone.now() - 2 * DAY, likes=320.0)
    chart = scatter_chart([right, better], size=440)
    places = [(mark.x - chart.left, chart.bottom - mark.y) for mark in chart.marks]
    assert places[0][0] == pytest.approx(places[0][1], abs=0.2)
    assert places[1][0] == places[0][0]
    assert places[1][1] > places[0][1]
    over_time = time_chart([right, better], shown=1, width=840, height=260)
    [bar] = over_time.bars
    assert bar.high < bar.mark.y < bar.low
