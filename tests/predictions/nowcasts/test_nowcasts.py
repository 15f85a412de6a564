"""A young post's nowcast over the API and on the pages: of its own forecast, of nobody else's, and never stored."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.test import Client
from django.utils import timezone

from accounts.models import TikTokAccount
from posts.models import Post
from predictions.models import Prediction
from predictions.nowcasts.selectors import young_posts
from privacy.purposes import Purpose
from tests.factories import (
    ALL_CONSENTS,
    ObservationFactory,
    OutcomeFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    disagree,
)
from tests.predictions.nowcasts.factories import TEXT, forecast_of, young_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    return TikTokAccountFactory(user__consents=ALL_CONSENTS)


def browser_of(account: TikTokAccount) -> Client:
    client = Client()
    client.force_login(account.user)
    return client


def told(post: Post) -> dict[str, Any]:
    response = browser_of(post.account).get(f"/api/v1/posts/{post.public_id}/nowcast")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_a_young_post_is_told_with_its_forecast_and_count(account: TikTokAccount) -> None:
    post = young_post(account, likes=45)
    answer = told(post)
    assert answer["prediction"] == Prediction.objects.get().public_id
    assert answer["missing"] is None
    assert [point["age_h"] for point in answer["forecast_fan"]] == [1, 3, 6, 12, 24]
    now = answer["nowcast"]
    assert (now["age_h"], now["count"], now["far_off"]) == (1, 45, False)
    assert 45 <= now["likes"]["low"] < now["likes"]["typical"] < now["likes"]["high"]
    assert [point["age_h"] for point in now["fan"]] == [1, 3, 6, 12, 24]
    # what was forecast stays what it was
    assert answer["forecast_fan"][-1]["likes"] == pytest.approx({"low": 70, "typical": 160, "high": 400})


def test_a_later_count_narrows_it(account: TikTokAccount) -> None:
    post = young_post(account, age_h=7, likes=45)
    first = told(post)["nowcast"]["likes"]
    ObservationFactory(post=post, observed_at=post.posted_at + timedelta(hours=6), likes=120)
    second = told(post)["nowcast"]["likes"]
    assert second["high"] / second["low"] < first["high"] / first["low"]


def test_the_last_forecast_before_publishing_counts_and_none_made_after_it(account: TikTokAccount) -> None:
    post = young_post(account)
    last = forecast_of(post, hours_before=0.1)
    forecast_of(post, hours_before=-0.5)
    assert told(post)["prediction"] == last.public_id


def test_another_draft_of_the_same_moment_is_not_the_posts(account: TikTokAccount) -> None:
    post = PostFactory(account=account, posted_at=timezone.now() - timedelta(hours=2), text=TEXT, likes_by_hour={1: 5})
    other = PredictionFactory(account=account, publish_at=post.posted_at, text="Something else")
    Prediction.objects.filter(pk=other.pk).update(created_at=post.posted_at - timedelta(hours=1))
    answer = told(post)
    assert (answer["prediction"], answer["nowcast"], answer["missing"]) == (None, None, "no_forecast")
    assert answer["forecast_fan"] == []


def test_a_reason_says_why_there_is_none(account: TikTokAccount) -> None:
    assert told(young_post(account, likes=None))["missing"] == "no_count"
    over = young_post(account, age_h=25)
    assert told(over)["missing"] == "first_day_over"
    assert told(over)["nowcast"] is None
    post = young_post(account)
    disagree(account.user, Purpose.OUTCOMES)
    assert told(post) == {
        "post": post.public_id,
        "prediction": None,
        "forecast_fan": [],
        "nowcast": None,
        "missing": "no_consent",
    }


def test_the_outcomes_forecast_is_that_of_the_post(account: TikTokAccount) -> None:
    post = young_post(account, age_h=24 * 40)
    assert told(post)["prediction"] is None
    outcome = OutcomeFactory(post=post, prediction__account=account)
    assert told(post)["prediction"] == outcome.prediction.public_id


def test_another_persons_post_is_not_found(account: TikTokAccount) -> None:
    post = young_post(account)
    stranger = browser_of(TikTokAccountFactory())
    assert stranger.get(f"/api/v1/posts/{post.public_id}/nowcast").status_code == 404
    assert stranger.get(f"/posts/{post.public_id}/").status_code == 404


def test_another_accounts_draft_with_the_same_caption_is_not_the_posts(account: TikTokAccount) -> None:
    other = TikTokAccountFactory(user=account.user)
    young_post(other)
    post = PostFactory(account=account, posted_at=timezone.now() - timedelta(hours=2), text=TEXT, likes_by_hour={1: 5})
    assert told(post)["missing"] == "no_forecast"


def test_earlier_posts_of_the_account_make_it_surer_and_later_ones_do_not(account: TikTokAccount) -> None:
    post = young_post(account, age_h=23, likes=45)
    before = told(post)["nowcast"]["likes"]
    now = timezone.now()
    # published later than the post, whatever they claim to have got
    PostFactory(account=account, posted_at=now - timedelta(hours=22), likes_by_hour={1: 10, 18.5: 70})
    assert told(post)["nowcast"]["likes"] == before
    for days in range(3, 9):
        PostFactory(account=account, posted_at=now - timedelta(days=days), likes_by_hour={1: 1000, 24: 7600})
    after = told(post)["nowcast"]["likes"]
    assert after["high"] / after["low"] < before["high"] / before["low"]


@pytest.mark.parametrize(
    ("likes", "words"), [(1500, "far above its forecast"), (0, "far below its forecast"), (45, None)]
)
def test_far_off_is_told_on_both_pages_and_by_the_api(account: TikTokAccount, likes: int, words: str | None) -> None:
    post = young_post(account, age_h=13, likes=None)
    ObservationFactory(post=post, observed_at=post.posted_at + timedelta(hours=12), likes=likes if words else 110)
    assert told(post)["nowcast"]["far_off"] is (words is not None)
    for path in ("/posts/", f"/posts/{post.public_id}/"):
        page = browser_of(account).get(path).content.decode()
        assert ("far above" in page, "far below" in page) == ("above" in (words or ""), "below" in (words or ""))
        assert "at 24 hours" in page


def test_it_is_never_stored(account: TikTokAccount) -> None:
    post = young_post(account, age_h=13, likes=1500)
    rows = [*Prediction.objects.all(), *Post.objects.all(), account]
    before = serializers.serialize("json", rows)
    told(post)
    browser_of(account).get(f"/posts/{post.public_id}/")
    browser_of(account).get("/posts/")
    for row in rows:
        row.refresh_from_db()
    assert serializers.serialize("json", rows) == before


def test_nothing_that_forecasts_learns_or_suggests_reads_it() -> None:
    readers = {
        path.as_posix()
        for app in ("accounts", "posts", "predictions", "privacy", "telemetry", "config")
        for path in Path(app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and "nowcast" in node.module
    }
    shown = ("predictions/nowcasts/", "predictions/panels.py", "predictions/api_urls.py")
    assert readers
    assert [path for path in sorted(readers) if not path.startswith(shown)] == []


def test_deleted_posts_and_posts_of_the_day_before_are_not_listed_as_young(account: TikTokAccount) -> None:
    young_post(account, age_h=30)
    gone, listed = young_post(account, age_h=3), young_post(account, age_h=2)
    Post.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    assert [each.post for each in young_posts(account, timezone.now())] == [listed]
