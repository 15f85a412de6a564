"""What the posts page tells: the posts, the refresh, and what is wrong with the connection."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Credential
from posts.models import Listing, Refresh
from tests.factories import PostFactory, TikTokAccountFactory, history_of_posts
from tests.pages.conftest import Creator, connect
from tests.pages.html import Element, read


def page_of(browser: Client, path: str = "/posts/") -> Element:
    return read(browser.get(path).content.decode())


def test_posts_are_listed_newest_first_with_their_latest_counts(browser: Client, creator: Creator) -> None:
    published = timezone.now() - timedelta(hours=5)
    PostFactory(
        account=creator.account, posted_at=published, duration_s=75, text="Tide #sea", likes_by_hour={1: 12, 4.5: 4321}
    )
    row = next(next(page_of(browser).all("tbody")).all("tr"))
    assert published.strftime("%-d %b %Y, %H:%M") in row.text
    assert next(row.all("time"))["datetime"] == published.isoformat()
    for expected in ("#sea", "1:15", "4,321", "216", "4 h"):
        assert expected in row.text


def test_deleted_posts_are_marked(browser: Client, creator: Creator) -> None:
    newest = creator.account.posts.first()
    assert newest is not None
    newest.deleted_at = timezone.now()
    newest.save()
    rows = list(next(page_of(browser).all("tbody")).all("tr"))
    assert ["deleted on TikTok" in row.text for row in rows] == [True] + [False] * (len(rows) - 1)


def test_long_lists_come_in_pages(browser: Client, creator: Creator) -> None:
    history_of_posts(creator.account, count=25, until=timezone.now() - timedelta(days=30))
    first, second = page_of(browser), page_of(browser, "/posts/?page=2")
    assert len(list(next(first.all("tbody")).all("tr"))) == 25
    assert len(list(next(second.all("tbody")).all("tr"))) == creator.account.posts.count() - 25
    older = next(link for link in first.all("a") if link.get("rel") == "next")
    assert older["href"] == "?page=2"
    assert page_of(browser, "/posts/?page=nonsense").text == first.text


def test_the_chart_has_a_dot_for_each_post_that_was_counted(browser: Client, creator: Creator) -> None:
    PostFactory(account=creator.account, posted_at=timezone.now() - timedelta(hours=2), likes_by_hour={1: 12})
    PostFactory(account=creator.account, posted_at=timezone.now() - timedelta(hours=1))
    wide = next(picture for picture in page_of(browser).all("svg") if picture.get("role") == "img")
    dots = list(wide.all("circle"))
    assert len(dots) == creator.account.posts.count() - 1
    assert [dot["class"] for dot in dots].count("dot dot--young") == 1


@pytest.mark.parametrize(
    ("scopes", "state", "expected"),
    [
        (["user.info.basic"], "active", "Your videos were not allowed"),
        (["user.info.basic", "video.list"], "lost", "The connection to TikTok is lost"),
        (["user.info.basic", "video.list"], "revoked", "This account is disconnected"),
    ],
)
def test_a_broken_connection_is_told_with_the_way_to_mend_it(
    scopes: list[str], state: str, expected: str, browser: Client, creator: Creator
) -> None:
    Credential.objects.filter(account=creator.account).update(scopes=scopes, state=state)
    page = page_of(browser)
    assert expected in page.text
    form = next(form for form in page.all("form") if form["action"] == "/accounts/tiktok/login/")
    assert {field["name"]: field.get("value") for field in form.all("input")}["process"] == "connect"
    assert not [form for form in page.all("form") if form["action"].endswith("/refresh/")]


def test_a_running_refresh_shows_how_far_it_is(browser: Client, creator: Creator) -> None:
    Refresh.objects.create(account=creator.account, state="fetching", posts_stored=30, posts_expected=120)
    page = page_of(browser)
    section = page.by_id("refresh")
    assert section is not None
    assert section["data-poll"] == f"/api/v1/accounts/{creator.account.public_id}/refresh"
    assert "30 of 120" in section.text
    assert float(next(section.all("progress"))["value"]) == pytest.approx(0.25)
    assert browser.get(section["data-poll"]).json()["posts_stored"] == 30


def test_a_waiting_refresh_says_until_when_and_can_be_ended(browser: Client, creator: Creator) -> None:
    again_at = timezone.now() + timedelta(minutes=5)
    refresh = Refresh.objects.create(
        account=creator.account,
        state="waiting",
        reason="tiktok_unavailable",
        next_attempt_at=again_at,
        posts_stored=3,
        posts_expected=120,
    )
    section = page_of(browser).by_id("refresh")
    assert section is not None
    assert not list(section.all("progress"))
    for expected in (
        "Waiting for TikTok",
        "TikTok does not answer",
        "of 120 posts",
        f"{again_at:%H:%M} UTC",
        "Try now",
    ):
        assert expected in section.text
    assert section["data-poll"].endswith("/refresh")
    [form] = section.all("form")
    browser.post(form["action"])
    refresh.refresh_from_db()
    assert (refresh.state, refresh.next_attempt_at) == ("queued", None)


def test_a_wait_that_was_ended_a_moment_ago_is_told(browser: Client, creator: Creator) -> None:
    now = timezone.now()
    Refresh.objects.create(
        account=creator.account,
        state="waiting",
        reason="tiktok_rate_limited",
        next_attempt_at=now + timedelta(minutes=30),
        hurried_at=now,
    )
    browser.post(f"/posts/{creator.account.public_id}/refresh/")
    assert "TikTok was asked less than a minute ago" in page_of(browser).text


@pytest.mark.parametrize("reason", Refresh.Reason.values)
def test_a_refresh_that_ended_early_says_why_and_what_to_do(browser: Client, creator: Creator, reason: str) -> None:
    Refresh.objects.create(
        account=creator.account, state="failed", reason=reason, finished_at=timezone.now(), posts_expected=120
    )
    section = page_of(browser).by_id("refresh")
    assert section is not None
    assert "The last refresh failed" in section.text
    assert any(word in section.text for word in ("try now", "Connect the account again", "Give it under"))


def test_a_failure_is_gone_once_posts_were_read_again(browser: Client, creator: Creator) -> None:
    failed_at = timezone.now() - timedelta(hours=2)
    Refresh.objects.create(account=creator.account, state="failed", reason="tiktok_unavailable", finished_at=failed_at)
    read_at = failed_at + timedelta(hours=1)
    Listing.objects.create(account=creator.account, listed_at=read_at, read_at=read_at, complete_until=failed_at)
    section = page_of(browser).by_id("refresh")
    assert section is not None
    assert "Up to date" in section.text
    assert next(section.all("time"))["datetime"] == read_at.isoformat()
    Listing.objects.update(read_at=timezone.now() - timedelta(days=3))
    Refresh.objects.update(state="done")
    section = page_of(browser).by_id("refresh")
    assert section is not None
    assert "Not up to date" in section.text
    assert "TikTok could not be read since" in section.text


def test_a_history_that_was_partly_read_says_how_far(browser: Client, creator: Creator) -> None:
    now = timezone.now()
    Refresh.objects.create(
        account=creator.account,
        state="partly_read",
        reason="tiktok_unavailable",
        finished_at=now,
        next_attempt_at=now + timedelta(minutes=15),
        posts_stored=8,
        posts_expected=120,
    )
    text = page_of(browser).text
    for expected in ("Only some posts are read", "8 of 120 posts are here", "goes on by itself", "Try now"):
        assert expected in text


def test_an_account_without_posts_is_told_what_comes_next(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    assert "No posts yet" in page_of(browser).text


def test_a_person_without_an_account_is_asked_to_connect_one(browser: Client, creator: Creator) -> None:
    creator.account.delete()
    assert "No TikTok account yet" in page_of(browser).text
    assert browser.get("/compose/").headers["Location"] == "/posts/"


def test_accounts_can_be_switched(browser: Client, creator: Creator) -> None:
    other = TikTokAccountFactory(user=creator.user, display_name="Second kitchen")
    connect(other)
    switcher = next(nav for nav in page_of(browser).all("nav") if nav.get("class") == "switcher")
    assert [link.text for link in switcher.all("a")] == [creator.account.display_name, "Second kitchen"]
    chosen = page_of(browser, f"/posts/?account={other.public_id}")
    marked = [link for link in chosen.all("a") if link.get("aria-current") == "true"]
    assert [link.text for link in marked] == ["Second kitchen"]


@pytest.mark.django_db(transaction=True)
def test_refresh_now_queues_one_refresh(browser: Client, creator: Creator) -> None:
    path = f"/posts/{creator.account.public_id}/refresh/"
    for _ in range(2):
        response = browser.post(path)
        assert response.headers["Location"] == f"/posts/?account={creator.account.public_id}"
    assert creator.account.refreshes.filter(state=Refresh.State.QUEUED).count() == 1


def names_in(page: Element) -> list[str]:
    return [next(row.all("a")).text for row in next(page.all("tbody")).all("tr")]


def test_posts_are_searched_by_hashtag_and_by_kept_words(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    PostFactory(account=creator.account, text="Tide #seaside", likes_by_hour={30: 10})
    PostFactory(account=creator.account, text="Bread", caption="Bread by the sea", likes_by_hour={30: 10})
    PostFactory(account=creator.account, text="Town #city", likes_by_hour={30: 10})
    assert names_in(page_of(browser, "/posts/?q=sea")) == ["Bread by the sea", "#seaside"]
    assert names_in(page_of(browser, "/posts/?q=%23sea")) == ["#seaside"]
    assert "No post is like that" in page_of(browser, "/posts/?q=%25nothing%27").text
    assert "Posts found" in page_of(browser, "/posts/?q=sea").text


def test_posts_are_sorted_and_what_cannot_be_compared_comes_last(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    now = timezone.now()
    likes = {20: 100, 18: 100, 16: 100, 14: 100, 12: 100, 10: 400, 8: 320, 0.2: 900}
    for days, count in likes.items():
        PostFactory(
            account=creator.account,
            posted_at=now - timedelta(days=days),
            text=f"#d{days:g}".replace(".", "x"),
            likes_by_hour={1: count},
        )
    assert names_in(page_of(browser, "/posts/?sort=usual"))[:3] == ["#d10", "#d8", "#d0x2"]
    assert names_in(page_of(browser, "/posts/?sort=likes"))[:3] == ["#d0x2", "#d10", "#d8"]
    assert names_in(page_of(browser, "/posts/?sort=oldest"))[0] == "#d20"
    rows = {next(row.all("a")).text: row.text for row in next(page_of(browser).all("tbody")).all("tr")}
    assert "4.0×" in rows["#d10"]
    assert "2.0×" in rows["#d8"]
    assert "×" not in rows["#d0x2"] + rows["#d20"]


def test_posts_are_filtered_by_period_deletion_and_forecast(browser: Client, creator: Creator) -> None:
    posts = list(creator.account.posts.all())
    posts[0].deleted_at = timezone.now()
    posts[0].save()
    assert len(names_in(page_of(browser, "/posts/?show=deleted"))) == 1
    assert len(names_in(page_of(browser, "/posts/?period=7"))) == 4
    [only] = next(page_of(browser, "/posts/?show=forecast").all("tbody")).all("tr")
    assert next(only.all("a"))["href"] == f"/posts/{creator.met_prediction.outcome.post.public_id}/"


def test_an_unknown_choice_counts_as_the_first(browser: Client, creator: Creator) -> None:
    assert page_of(browser, "/posts/?sort=nonsense&metric=hearts&period=x&show=y").text == page_of(browser).text


def test_the_metric_is_that_of_chart_and_comparison(browser: Client, creator: Creator) -> None:
    page = page_of(browser, "/posts/?metric=views")
    assert "Views of your latest posts" in page.text
    assert "Views against your usual" in page.text
    assert next(each for each in page.all("svg") if each.get("role") == "img")["aria-label"].startswith("Views of")


def test_times_are_local_and_an_account_without_a_zone_is_asked_for_it(browser: Client, creator: Creator) -> None:
    assert "set your time zone" in page_of(browser).text
    creator.account.time_zone = "Asia/Tokyo"
    creator.account.save()
    newest = creator.account.posts.first()
    assert newest is not None
    page = page_of(browser)
    assert "times in Asia/Tokyo" in page.text
    assert (newest.posted_at + timedelta(hours=9)).strftime("%-d %b %Y, %H:%M") in page.text


def test_the_file_has_the_selection_in_its_order(browser: Client, creator: Creator) -> None:
    PostFactory(account=creator.account, text="Tide #sea", caption="=1+1 Tide", likes_by_hour={30: 10_000})
    answer = browser.get("/posts/download/?sort=likes")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + creator.account.posts.count()
    assert rows[0][0] == "Published (UTC)"
    assert rows[1][1:3] == ["'=1+1 Tide", "#sea"]
    assert rows[1][4] == "10000"
    narrowed = browser.get("/posts/download/?q=%23sea").content.decode("utf-8-sig")
    assert len(narrowed.splitlines()) == 2


def test_an_address_that_leads_elsewhere_is_no_link(browser: Client, creator: Creator) -> None:
    creator.account.posts.update(share_url="https://tiktok.com.example/video/1")
    assert "on TikTok" not in next(page_of(browser).all("tbody")).text
    creator.account.posts.update(share_url="javascript:alert(1)")
    assert "javascript" not in browser.get("/posts/").content.decode()
