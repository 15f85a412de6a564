"""What the overview tells: the first day's steps, what was found, and the latest results."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from posts.models import Listing, PostsChange, Refresh
from predictions.models import AccountWeights, Outcome
from privacy.purposes import Purpose
from tests.factories import ALL_CONSENTS, AccountWeightsFactory, TikTokAccountFactory, UserFactory, disagree
from tests.pages.conftest import Creator, connect
from tests.pages.html import Element, read
from tests.pages.test_every_page import check_page
from tests.predictions.plan.factories import SavedDraftFactory
from tests.predictions.replays.factories import AccountReplayFactory, replayed_post


def page_of(browser: Client, path: str = "/overview/") -> Element:
    response = browser.get(path)
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    return read(response.content.decode())


def live(page: Element) -> Element:
    found = page.by_id("live")
    assert found
    return found


def learned(creator: Creator) -> AccountWeights:
    """The account's weights know its newest posts."""
    sequence = PostsChange.objects.get(account=creator.account).sequence
    made: AccountWeights = AccountWeightsFactory(account=creator.account, posts_sequence=sequence)
    return made


def current(page: Element) -> list[str]:
    """Return the steps that go on."""
    return [next(each.all("h3")).text for each in page.all("li") if each.get("aria-current") == "step"]


def test_what_was_found_is_told(browser: Client, creator: Creator) -> None:
    learned(creator)
    AccountReplayFactory(
        account=creator.account,
        best_times=[
            {"kind": "hours", "first": 18, "until": 21, "effect_pct": 24.0, "low_pct": 8.0, "high_pct": 41.0},
            {"kind": "weekday", "first": 5, "until": 5, "effect_pct": 9.0, "low_pct": 2.0, "high_pct": 17.0},
        ],
    )
    page = page_of(browser)
    text = live(page).text
    assert live(page).get("data-step") is None
    assert not list(page.all("script"))
    for words in (
        *("180 likes after 24 hours", "Half of your posts get 120–260.", "Views: 2,100", "18:00–21:00", "Saturday"),
        *("Your last 10 posts, replayed: inside the range 9 times", "Average of five", "Set your time zone"),
    ):
        assert words in text, words
    wide, _ = (picture for picture in page.all("svg") if (picture.get("class") or "").startswith("chart--"))
    assert [dot["class"] for dot in wide.all("circle")].count("dot--outside") == 1
    assert next(link for link in page.all("a") if link.text == "Forecast your next post")["href"].startswith(
        "/compose/"
    )


def test_times_are_those_of_the_account(browser: Client, creator: Creator) -> None:
    creator.account.time_zone = "Asia/Tokyo"
    creator.account.save()
    learned(creator)
    post = replayed_post(3.0)
    AccountReplayFactory(account=creator.account, posts=[post] * 8)
    text = live(page_of(browser)).text
    assert "UTC" not in text
    assert "Set your time zone" not in text
    local = datetime.fromisoformat(post["posted_at"]) + timedelta(hours=9)
    assert f"{local:%H:%M}" in text


def test_too_few_posts_say_what_is_missing_and_when_it_will_be_there(browser: Client, creator: Creator) -> None:
    learned(creator)
    soon = timezone.now() + timedelta(days=12)
    AccountReplayFactory(account=creator.account, posts=[replayed_post(2.0)] * 3, history=8, enough_at=soon, usual={})
    text = live(page_of(browser)).text
    assert "5 more to go" in text
    assert f"around {soon.day} {soon:%b %Y}" in text
    assert "replayed: inside" not in text


def test_a_worse_record_is_told_in_plain_words(browser: Client, creator: Creator) -> None:
    learned(creator)
    worse = [replayed_post(i + 2.0, typical=400.0, average=190.0) for i in range(12)]
    AccountReplayFactory(account=creator.account, posts=worse)
    assert "Postcast would have done worse than your average of five" in live(page_of(browser)).text


# --- the first day ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Your posts are next"),
        ("fetching", "5 of 20 posts so far."),
        ("waiting", "TikTok is slow at the moment."),
        ("partly_read", "could not be read to the end"),
        ("failed", "could not be read to the end"),
    ],
)
def test_reading_says_what_goes_on(state: str, words: str, browser: Client, creator: Creator) -> None:
    creator.account.refreshes.update(state=state, posts_stored=5, posts_expected=20, reason="tiktok_unavailable")
    page = page_of(browser)
    assert words in live(page).text
    assert live(page)["data-step"] == "read"
    assert current(page)[0].startswith("Reading your posts")
    assert "Your newest posts" in live(page).text
    assert any(script["src"].endswith("first_day.js") for script in page.all("script"))
    assert ("Try now" in live(page).text) == (state in ("waiting", "partly_read", "failed"))


def test_learning_and_replaying_follow_each_other(browser: Client, creator: Creator) -> None:
    assert [step.split(" now")[0] for step in current(page_of(browser))] == ["Learning what is usual for you"]
    learned(creator)
    page = page_of(browser)
    assert [step.split(" now")[0] for step in current(page)] == ["Forecasting your last posts again"]
    assert live(page)["data-step"] == "replay"
    AccountReplayFactory(account=creator.account)
    assert live(page_of(browser)).get("data-step") is None


def test_what_takes_long_says_so(browser: Client, creator: Creator) -> None:
    PostsChange.objects.filter(account=creator.account).update(changed_at=timezone.now())
    assert "longer than usual" not in live(page_of(browser)).text
    PostsChange.objects.filter(account=creator.account).update(changed_at=timezone.now() - timedelta(minutes=5))
    assert "longer than usual" in live(page_of(browser)).text


def test_an_account_without_posts_says_so(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    text = live(page_of(browser)).text
    assert "No posts yet" in text
    assert "TikTok shows no public post" in text


def test_an_account_of_files_is_asked_for_one(browser: Client, creator: Creator) -> None:
    creator.account.posts.all().delete()
    creator.account.refreshes.all().delete()
    creator.account.credential.delete()
    creator.account.platform = "file"
    creator.account.save()
    assert "Bring the export of your data" in live(page_of(browser)).text


@pytest.mark.parametrize(
    ("connection", "words"),
    [("lost", "The connection to TikTok is lost"), ("revoked", "disconnected"), ("no videos", "were not allowed")],
)
@pytest.mark.parametrize("is_replayed", [True, False])
def test_a_lost_connection_is_told(
    connection: str, words: str, is_replayed: bool, browser: Client, creator: Creator
) -> None:
    creator.account.credential.delete()
    options: dict[str, Any] = {"scopes": ["user.info.basic"]} if connection == "no videos" else {"state": connection}
    connect(creator.account, **options)
    if is_replayed:
        learned(creator)
        AccountReplayFactory(account=creator.account)
    page = page_of(browser)
    assert words in next(page.all("main")).text
    if is_replayed:
        assert "Nothing new comes in" in live(page).text


def test_an_old_reading_is_told(browser: Client, creator: Creator) -> None:
    learned(creator)
    AccountReplayFactory(account=creator.account)
    assert "Up to date" in live(page_of(browser)).text
    old = timezone.now() - timedelta(days=9)
    Listing.objects.create(account=creator.account, listed_at=old, read_at=old, complete_until=old)
    assert "Not up to date" in live(page_of(browser)).text
    creator.account.refreshes.update(state=Refresh.State.FETCHING)
    assert "Looking for new posts" in live(page_of(browser)).text


def test_without_any_account_it_says_how_to_get_one(db: None) -> None:
    browser = Client()
    browser.force_login(UserFactory())
    page = page_of(browser)
    assert next(page.all("h1")).text == "No TikTok account yet"
    assert any(link.get("href") == "/imports/" for link in page.all("a"))


# --- results ---------------------------------------------------------------------------------------------------------


def test_the_latest_results_are_beside_their_forecasts(browser: Client, creator: Creator) -> None:
    learned(creator)
    AccountReplayFactory(account=creator.account)
    text = live(page_of(browser)).text
    assert "Latest results" in text
    assert "Likely 70–400, got 200 ." in text
    Outcome.objects.all().delete()
    assert "Latest results" not in live(page_of(browser)).text


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_another_persons_account_is_not_found(browser: Client) -> None:
    theirs = AccountReplayFactory(account__user__consents=ALL_CONSENTS)
    assert browser.get(f"/overview/?account={theirs.account.public_id}").status_code == 404


def test_it_needs_the_consent_to_the_service(browser: Client, creator: Creator) -> None:
    disagree(creator.user, Purpose.SERVICE)
    assert browser.get("/overview/").headers["Location"] == "/your-data/consent/"


def test_the_account_is_chosen_by_its_id(browser: Client, creator: Creator) -> None:
    other = TikTokAccountFactory(user=creator.user, display_name="The other one")
    connect(other)
    page = page_of(browser, f"/overview/?account={other.public_id}")
    assert "The other one" in page.text
    assert "Your posts are next" in live(page).text


def test_try_now_leads_back_here(browser: Client, creator: Creator) -> None:
    answer = browser.post(f"/posts/{creator.account.public_id}/refresh/", {"next": "/overview/"})
    assert answer.headers["Location"] == "/overview/"
    answer = browser.post(f"/posts/{creator.account.public_id}/refresh/", {"next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/posts/"


def test_the_next_planned_drafts_and_due_reminders_are_shown(browser: Client, creator: Creator) -> None:
    now = timezone.now()
    soon = SavedDraftFactory(account=creator.account, caption="Tides tomorrow", publish_at=now + timedelta(days=1))
    SavedDraftFactory(account=creator.account, caption="Long past", publish_at=now - timedelta(days=3))
    SavedDraftFactory(account=creator.account, caption="Far ahead", publish_at=now + timedelta(days=30))
    SavedDraftFactory(caption="Somebody else's", publish_at=now + timedelta(days=1))
    text = page_of(browser).text
    assert "Planned next" in text
    assert "Tides tomorrow" in text
    for other in ("Long past", "Far ahead", "Somebody else's"):
        assert other not in text
    assert "Time to post" not in text
    soon.remind_at = now - timedelta(minutes=1)
    soon.save()
    assert "Time to post" in page_of(browser).text
