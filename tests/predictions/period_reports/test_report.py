"""Reports of a week or a month: whose posts are in them, and what they say."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import FollowerCount
from predictions.period_reports.periods import Period, PeriodKind
from predictions.period_reports.selectors import period_report
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from tests.factories import OutcomeFactory, PostFactory, PredictionFactory, TikTokAccountFactory, disagree

pytestmark = pytest.mark.django_db

WEEK = Period(PeriodKind.WEEK, date(2026, 11, 16))
NOW = datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("UTC"))


def post_at(account, moment, likes, **forecast):
    """A post with its likes after a day, and with a forecast where its figures are given."""
    post = PostFactory(account=account, posted_at=moment, likes_by_hour={24: likes})
    if forecast:
        figures = {"typical": 160.0, "low": 70.0, "high": 400.0} | forecast
        label = figures.pop("label", "measured")
        inside = figures["low"] <= likes <= figures["high"]
        made = PredictionFactory(account=account, publish_at=moment, **figures)
        OutcomeFactory(
            prediction=made,
            post=post,
            likes=likes,
            label=label,
            within_interval=inside,
            typical_error=abs(figures["typical"] - likes) / likes,
            baseline_error=0.5,
        )
    return post


@pytest.mark.parametrize(
    ("kind", "day", "first", "last"),
    [
        (PeriodKind.WEEK, date(2026, 11, 22), date(2026, 11, 16), date(2026, 11, 22)),
        (PeriodKind.MONTH, date(2026, 2, 28), date(2026, 2, 1), date(2026, 2, 28)),
        (PeriodKind.MONTH, date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_periods_begin_on_mondays_and_on_firsts(kind, day, first, last):
    period = Period.around(kind, day)
    assert (period.first, period.last) == (first, last)
    assert (period.before.after, period.after.first) == (period, last + timedelta(days=1))


def test_figures_are_of_the_accounts_own_local_week():
    account = TikTokAccountFactory(time_zone="America/Los_Angeles", follower_count=5_000)
    pacific = ZoneInfo("America/Los_Angeles")
    for number in range(5):
        post_at(account, datetime(2026, 11, 10 + number, 12, tzinfo=pacific), 100)
    # Sunday evening there is Monday in UTC
    last = post_at(account, datetime(2026, 11, 22, 23, tzinfo=pacific), 50, low=70.0)
    best = post_at(account, datetime(2026, 11, 16, 0, 30, tzinfo=pacific), 300, typical=200.0)
    post_at(account, datetime(2026, 11, 18, 12, tzinfo=pacific), 999, label="estimated")
    post_at(account, datetime(2026, 11, 23, 0, 30, tzinfo=pacific), 7_777, typical=1.0)
    FollowerCount.objects.create(account=account, observed_at=datetime(2026, 11, 20, tzinfo=pacific), followers=5_250)
    report = period_report(account, WEEK, NOW)
    assert (len(report.posts), report.posts_before, report.likes) == (3, 5, 1_349)
    assert (len(report.results), len(report.measured), report.inside) == (3, 2, 1)
    assert (report.typical_likes, report.measured_likes) == (180.0, 175.0)
    assert (report.followers_end, report.followers_gained, report.is_over) == (5_250, 250, True)
    assert report.best is not None
    assert report.worst is not None
    assert report.best.post.public_id != best.public_id
    assert report.worst.post == last
    assert report.sentence.startswith("1 of 2 results were inside their ranges")


def test_an_empty_week_says_so():
    report = period_report(TikTokAccountFactory(), WEEK, NOW)
    assert (report.likes, report.best, report.error) == (None, None, None)
    assert report.sentence == "No post of this time has a forecast with a measured result."


def test_without_consent_there_is_no_report():
    account = TikTokAccountFactory()
    disagree(account.user, Purpose.SERVICE)
    with pytest.raises(NoConsent):
        period_report(account, WEEK, NOW)


def test_page_file_and_rest_tell_the_same(account, client_of):
    day = timezone.now() - timedelta(days=8)
    shown = post_at(account, day, 150, typical=140.0)
    query = {"period": "month", "day": str(day.date())}
    told = client_of.get(f"/api/v1/accounts/{account.public_id}/report", query).json()
    assert [post["id"] for post in told["posts"]] == [shown.public_id]
    assert (told["inside"], told["measured"], told["posts"][0]["result"]["likes"]) == (1, 1, 150)
    browser = Client()
    browser.force_login(account.user)
    assert told["sentence"] in browser.get("/report/", query).content.decode()
    file = browser.get("/report/download/", query).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(file))
    assert (row["Typical likes"], row["Likes after 24 hours"], row["Inside the range"]) == ("140", "150", "yes")
    assert row["Id"] == shown.public_id


def test_what_is_no_period_is_the_last_full_week(account, client_of):
    browser = Client()
    browser.force_login(account.user)
    this_week = Period.around(PeriodKind.WEEK, timezone.localdate())
    for query in ({}, {"period": "year"}, {"day": "soon"}, {"day": "1999-01-01"}, {"day": "2999-01-01"}):
        assert browser.get("/report/", query).context["report"].period == this_week.before
    # where the calendar ends, a period has no neighbour
    for query in ({"period": "year"}, {"day": "9999-12-31"}, {"day": "0001-01-01"}, {"day": "2013-12-31"}):
        assert client_of.get(f"/api/v1/accounts/{account.public_id}/report", query).status_code == 400, query
