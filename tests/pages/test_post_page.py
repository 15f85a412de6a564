"""One post's page: its counts, its growth inside the forecast's fan, its result, similar posts."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from posts.models import Post
from tests.factories import ObservationFactory, PostFactory
from tests.pages.conftest import Creator
from tests.pages.html import Element, read
from tests.pages.test_every_page import check_page
from tests.predictions.nowcasts.factories import young_post


def page_of(browser: Client, post: Post) -> Element:
    response = browser.get(f"/posts/{post.public_id}/")
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    return read(response.content.decode())


def wide_chart(page: Element) -> Element:
    return next(picture for picture in page.all("svg") if picture.get("role") == "img")


def test_a_young_post_has_both_fans_and_its_counts(browser: Client, creator: Creator) -> None:
    post = young_post(creator.account, age_h=7, likes=45)
    ObservationFactory(post=post, observed_at=post.posted_at + timedelta(hours=6), likes=120)
    page = page_of(browser, post)
    assert [band["class"] for band in wide_chart(page).all("polygon")] == ["fan fan--forecast", "fan fan--nowcast"]
    assert len(list(wide_chart(page).all("circle"))) == 2
    for words in ("On its way", "120 likes after 6 h", "at 24 hours (4 posts in 5 land here)", "70–400"):
        assert words in page.text
    captions = [next(table.all("caption")).text for table in page.all("table")]
    assert captions[:3] == ["Counts by age", "Forecast before publishing", "With the count so far"]


def test_an_old_post_has_its_result_against_the_forecast(browser: Client, creator: Creator) -> None:
    post = creator.met_prediction.outcome.post
    page = page_of(browser, post)
    assert [band["class"] for band in wide_chart(page).all("polygon")] == ["fan fan--forecast"]
    assert "in its range" in page.text
    assert "off by 20" in page.text
    assert any(link["href"] == f"/forecasts/{creator.met_prediction.public_id}/" for link in page.all("a"))


def test_a_post_without_forecast_and_counts_says_so(browser: Client, creator: Creator) -> None:
    post = PostFactory(account=creator.account, content=None, share_url="", duration_s=None)
    page = page_of(browser, post)
    for words in ("Not counted yet", "not forecast before it was published", "No other post of yours"):
        assert words in page.text
    assert not list(page.all("polygon"))
    assert "Open on TikTok" not in page.text


def test_a_kept_caption_is_shown_as_text(browser: Client, creator: Creator) -> None:
    post = PostFactory(account=creator.account, caption="<b>Tide</b> & time")
    page = page_of(browser, post)
    assert "<b>Tide</b> & time" in page.text
    assert "not kept" not in page.text
    link = next(link for link in page.all("a") if link.text == "Open on TikTok")
    assert link["href"] == post.share_url


def test_similar_posts_share_words_or_hashtags(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    post = PostFactory(account=creator.account, text="Baking sourdough bread at home #bread #baking")
    near = PostFactory(account=creator.account, text="Sourdough bread, baked at home #bread", likes_by_hour={30: 77})
    PostFactory(account=creator.account, text="Motorway traffic #cars")
    similar = browser.get(f"/api/v1/posts/{post.public_id}/similar").json()
    assert [(each["post"]["id"], each["shared"]) for each in similar] == [(near.public_id, ["bread"])]
    assert 0.25 <= similar[0]["similarity"] <= 1
    page = page_of(browser, post)
    assert any(link["href"] == f"/posts/{near.public_id}/" for link in page.all("a"))
    assert "77" in page.text


def test_times_are_of_the_posts_account(browser: Client, creator: Creator) -> None:
    creator.account.time_zone = "Asia/Tokyo"
    creator.account.save()
    post = PostFactory(account=creator.account, posted_at=timezone.now() - timedelta(days=2))
    assert (post.posted_at + timedelta(hours=9)).strftime("%-d %b %Y, %H:%M") in page_of(browser, post).text


@pytest.mark.django_db
def test_nobody_else_sees_it(creator: Creator, stranger: Creator) -> None:
    client = Client()
    client.force_login(stranger.user)
    post = creator.account.posts.first()
    assert post is not None
    assert client.get(f"/posts/{post.public_id}/").status_code == 404
    assert client.get(f"/api/v1/posts/{post.public_id}/similar").status_code == 404
