"""Insights of an account: effects, ranges and sureness from its own posts, in the API and in words."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from posts.models import Import, Trend
from predictions.insights.habits import Section
from predictions.insights.services import AccountInsights, State, account_insights
from predictions.insights.sureness import Insight, Sureness
from predictions.insights.words import title_of
from predictions.learning.services import update_weights
from privacy.purposes import Purpose
from tests.factories import (
    BenchmarkFactory,
    ImportFactory,
    TikTokAccountFactory,
    UserFactory,
    disagree,
    history_of_posts,
    history_with_effects,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def learned() -> TikTokAccount:
    account = TikTokAccountFactory(time_zone="UTC")
    history_with_effects(account, count=60, until=timezone.now())
    update_weights(account_id=account.pk)
    return account


def told_of(account: TikTokAccount) -> AccountInsights:
    return account_insights(user=account.user, account=account)


def find(told: AccountInsights, name: str, value: str) -> Insight:
    [found] = [each for each in told.habits.insights if (each.name, each.value) == (name, value)]
    return found


def test_real_effects_are_found_with_the_posts_behind_them(learned: TikTokAccount) -> None:
    told = told_of(learned)
    assert told.state is State.READY
    question, dunes = find(told, "question", "yes"), find(told, "hashtag", "dunes")
    # likes double with a question, a third of the posts have one; they quadruple with #dunes, which half have
    for each, true_pct in ((question, 100 * (2 ** (2 / 3) - 1)), (dunes, 100.0)):
        assert each.sureness is Sureness.CLEAR
        assert 0 < each.low_pct < each.effect_pct < each.high_pct < 1.3 * true_pct
    assert question.own_posts == 20
    assert find(told, "question", "no").effect_pct < 0
    assert find(told, "hours", "6").sureness is not Sureness.UNKNOWN
    assert find(told, "hours", "6").effect_pct < 0 < find(told, "hours", "15").effect_pct


def test_a_habit_of_all_posts_or_of_none_is_no_insight(learned: TikTokAccount) -> None:
    values = {(each.name, each.value) for each in told_of(learned).habits.insights}
    assert not {("emoji", "0"), ("emoji", "2"), ("hashtag_count", "1"), ("tone", "negative")} & values


def test_nothing_is_claimed_whose_interval_holds_zero(learned: TikTokAccount) -> None:
    told = told_of(learned)
    for each in told.habits.insights:
        holds_zero = round(each.low_pct) <= 0 <= round(each.high_pct)
        assert (each.sureness is Sureness.UNKNOWN) == holds_zero, each
    order = [list(Sureness).index(each.sureness) for each in told.habits.insights]
    assert order == sorted(order)
    assert {Sureness.CLEAR, Sureness.UNKNOWN} <= {each.sureness for each in told.habits.insights}


def test_likes_that_follow_no_habit_give_no_claim() -> None:
    account = TikTokAccountFactory()
    history_of_posts(account, count=60, until=timezone.now())
    update_weights(account_id=account.pk)
    sure = [each for each in told_of(account).habits.insights if each.sureness is Sureness.CLEAR]
    assert sure == []


def test_best_and_worst_window_are_the_ends_of_the_week(learned: TikTokAccount) -> None:
    told = told_of(learned)
    windows = [each for each in told.habits.of(Section.WHEN) if each.name == "window"]
    assert len(windows) == 2
    assert min(each.effect_pct for each in windows) < 0 < max(each.effect_pct for each in windows)
    assert [len(day) for day in told.habits.week] == [24] * 7
    assert sum(hour.own_posts for day in told.habits.week for hour in day) == 60


def test_the_account_is_told_as_soon_as_it_is_learned_again(learned: TikTokAccount) -> None:
    before = told_of(learned)
    assert told_of(learned).habits is before.habits
    learned.time_zone = "Asia/Tokyo"
    learned.save()
    update_weights(account_id=learned.pk)
    after = told_of(learned)
    assert after.habits.time_zone == "Asia/Tokyo"
    assert find(after, "hours", "15").effect_pct < find(before, "hours", "15").effect_pct


def test_too_few_posts_and_accounts_not_learned_say_so(api: APIClient) -> None:
    account = TikTokAccountFactory()
    assert told_of(account).state is State.NOT_LEARNED
    history_of_posts(account, count=6, until=timezone.now())
    update_weights(account_id=account.pk)
    told = told_of(account)
    assert (told.state, told.habits.posts_learned, told.habits.insights) == (State.TOO_FEW_POSTS, 6, [])
    api.force_authenticate(account.user)
    assert api.get(address(account)).json()["state"] == "too_few_posts"


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def address(account: TikTokAccount) -> str:
    return f"/api/v1/accounts/{account.public_id}/insights"


def test_the_api_tells_all_that_the_page_shows(learned: TikTokAccount, api: APIClient) -> None:
    BenchmarkFactory()
    trend = {"as_of": timezone.now() - timedelta(hours=1), "accounts": 90, "growth_low": 2.0, "growth_high": 4.0}
    Trend.objects.create(tag="dunes", growth=3.0, **trend)
    Trend.objects.create(tag="mortgage", growth=9.0, **trend)
    api.force_authenticate(learned.user)
    answer: dict[str, Any] = api.get(address(learned)).json()
    assert answer["posts_learned"] == 60
    assert [each["tag"] for each in answer["trends"]] == ["dunes"]
    assert answer["trends"][0]["is_used"] is True
    assert answer["followers"] == {**answer["followers"], "now": 5_000, "change": None}
    assert answer["benchmark"]["likes_typical"] == 200.0
    assert len(answer["week"]) == 7
    question = next(each for each in answer["insights"] if each["name"] == "question" and each["value"] == "yes")
    assert question["title"] == "With a question"
    assert question["section"] == "wording"


def test_what_people_ask_for_comes_from_the_latest_file_with_comments(api: APIClient) -> None:
    account = TikTokAccountFactory()
    theme = {"words": ["recipe", "flour"], "is_question": True, "language": "en", "comments": 7}
    told = {"account": account, "state": Import.State.DONE, "comments": 40}
    latest = ImportFactory(**told, themes=[theme])
    # of files that brought none, that were not taken, and of others nothing is told
    ImportFactory(**told)
    ImportFactory(account=account, state=Import.State.CANCELLED, themes=[theme])
    ImportFactory(state=Import.State.DONE, themes=[theme])
    api.force_authenticate(account.user)
    asked = api.get(f"/api/v1/accounts/{account.public_id}/insights").json()["asked"]
    assert (asked["import_id"], asked["comments"], asked["themes"]) == (latest.public_id, 40, [theme])
    browser = Client()
    browser.force_login(account.user)
    page = browser.get("/insights/").content.decode()
    assert "What people ask for" in page
    assert "recipe, flour" in page
    assert f'href="/imports/{latest.public_id}/"' in page


def test_insights_are_for_their_person_who_agrees(learned: TikTokAccount, api: APIClient) -> None:
    api.force_authenticate(UserFactory())
    assert api.get(address(learned)).status_code == 404
    api.force_authenticate(learned.user)
    disagree(learned.user, Purpose.SERVICE)
    assert api.get(address(learned)).status_code == 403


def test_every_insight_has_words(learned: TikTokAccount) -> None:
    titles = [title_of(each) for each in told_of(learned).habits.insights]
    assert all(titles)
    assert len(titles) == len(set(titles))


def test_the_page_shows_what_is_sure_and_folds_the_rest(learned: TikTokAccount) -> None:
    browser = Client()
    browser.force_login(learned.user)
    page = browser.get("/insights/").content.decode()
    unfolded = re.sub("<details.*?</details>", "", page, flags=re.DOTALL)
    assert "With a question" in unfolded
    assert ">cannot tell yet<" in page
    assert ">cannot tell yet<" not in unfolded
    assert "You have not set a time zone" not in page


def test_the_page_of_an_account_not_learned_says_what_is_missing() -> None:
    account = TikTokAccountFactory()
    browser = Client()
    browser.force_login(account.user)
    assert "still getting to know your posts" in browser.get("/insights/").content.decode()
    history_of_posts(account, count=3, until=timezone.now())
    update_weights(account_id=account.pk)
    assert "Too few posts to tell" in browser.get("/insights/").content.decode()
