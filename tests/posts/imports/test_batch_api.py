"""`POST /api/v1/posts:batch`: each row is judged by itself, and repeating a call changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from accounts.tokens.services import create_api_token
from posts.imports import pushed
from posts.imports.pushed import push_rows
from privacy.purposes import Purpose
from tests.factories import PostFactory, TikTokAccountFactory, disagree
from tests.posts.imports.bringing import stored

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/posts:batch"


@pytest.fixture
def account() -> TikTokAccount:
    return TikTokAccountFactory()


@pytest.fixture
def program(api: APIClient, account: TikTokAccount) -> APIClient:
    _, plain = create_api_token(user=account.user, name="a program")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return api


def rows(count: int) -> list[dict[str, Any]]:
    now = timezone.now().replace(microsecond=0)
    return [
        {
            "post_id": str(7_300_000_000_000_000_000 + n),
            "posted_at": (now - timedelta(hours=30 * (n + 1))).isoformat(),
            "observed_at": (now - timedelta(hours=30 * n + 5)).isoformat(),
            "caption": f"Sunset {n} #sunset",
            "likes": 100 + n,
        }
        for n in range(count)
    ]


def push(program: APIClient, values: list[Any], **others: Any) -> list[tuple[str, str]]:
    answer = program.post(ADDRESS, {"rows": values, **others}, format="json")
    assert answer.status_code == 200, answer.json()
    results = answer.json()["results"]
    assert [result["row"] for result in results] == list(range(len(values)))
    return [(result["outcome"], result["reason"]) for result in results]


def test_posts_and_observations_are_stored(program: APIClient, account: TikTokAccount) -> None:
    first, second = rows(2)
    later = {name: first[name] for name in ("post_id",)} | {
        "observed_at": timezone.now().isoformat(),
        "likes": 900,
        "followers": 10,
    }
    assert push(program, [first, second, later]) == [("created", ""), ("created", ""), ("observed", "")]
    post = account.posts.get(tiktok_id=first["post_id"])
    assert (post.origin, post.consent_version) == ("pushed", "service:1")
    assert list(post.observations.values_list("likes", "origin")) == [(100, "pushed"), (900, "pushed")]
    assert post.content.hashtags == ["sunset"]


def test_rounded_counts_keep_their_precision(program: APIClient, account: TikTokAccount) -> None:
    first, second, third = rows(3)
    answers = push(
        program,
        [{**first, "likes": "1.2K"}, {**second, "likes": 1200, "coarseness": 0.042}, {**third, "coarseness": 9}],
    )
    assert [outcome for outcome, _ in answers] == ["created", "created", "skipped"]
    assert "expected a number from 0 to 3" in answers[2][1]
    for pushed_row in (first, second):
        (counts,) = account.posts.get(tiktok_id=pushed_row["post_id"]).observations.all()
        assert (counts.likes, round(counts.coarseness or 0, 3)) == (1200, 0.042)


def test_the_same_rows_again_change_nothing(program: APIClient, account: TikTokAccount) -> None:
    sent = rows(5)
    push(program, sent)
    once = stored(account)
    assert {outcome for outcome, _ in push(program, sent)} == {"unchanged"}
    assert stored(account) == once


def test_a_bad_row_does_not_spoil_the_others(program: APIClient, account: TikTokAccount) -> None:
    good, other = rows(2)
    bad: list[tuple[Any, str]] = [
        (5, "expected an object"),
        ({}, "names no post"),
        (good | {"like": 1}, "unknown member “like”"),
        (good | {"post_id": "9" * 18, "likes": -1}, "likes is “-1”"),
        (good | {"post_id": "9" * 18, "likes": "many"}, "likes is “many”"),
        (good | {"post_id": "9" * 18, "caption": 5}, "caption is “5”"),
        (good | {"post_id": "9" * 18, "posted_at": "2026-13-01T00:00:00Z"}, "calendar"),
        (good | {"post_id": "9" * 18, "observed_at": None}, "no observed_at"),
        (good | {"post_id": "9" * 18, "observed_at": "2020-01-01 00:00:00"}, "before posted_at"),
        (good | {"post_id": "mine", "caption": "another"}, "not TikTok's"),
        (good | {"post_id": "a b"}, "post_id is"),
        ({"post_id": "8" * 18, "likes": 4, "observed_at": good["observed_at"]}, "names no post"),
        (good | {"post_id": "9" * 18, "hashtags": "a"}, "hashtags is"),
    ]
    results = push(program, [good, *(row for row, _ in bad), other])
    assert results[0] == results[-1] == ("created", "")
    for (outcome, reason), (row, words) in zip(results[1:-1], bad, strict=True):
        assert outcome == "skipped", row
        assert words in reason
    assert account.posts.count() == 2


def test_a_fetched_post_is_merged_and_keeps_its_counts(program: APIClient, account: TikTokAccount) -> None:
    row = rows(1)[0]
    post = PostFactory(account=account, tiktok_id=row["post_id"], likes_by_hour={24: 50}, text="as fetched")
    row["observed_at"] = (post.posted_at + timedelta(hours=30)).isoformat()
    assert push(program, [row]) == [("merged", "")]
    assert list(post.observations.values_list("likes", "origin")) == [(50, "fetched"), (100, "pushed")]
    post.refresh_from_db()
    assert (post.origin, post.content.length) == ("fetched", len("as fetched"))


def test_an_observation_that_was_fetched_is_never_overwritten(program: APIClient, account: TikTokAccount) -> None:
    post = PostFactory(account=account, likes_by_hour={24: 50})
    moment = post.observations.get().observed_at
    row = {"post_id": post.tiktok_id, "observed_at": moment.isoformat(), "likes": 1}
    assert push(program, [row])[0][0] == "unchanged"
    assert list(post.observations.values_list("likes", flat=True)) == [50]


def test_whoever_may_not_is_refused_before_anything_else(program: APIClient, account: TikTokAccount) -> None:
    other = TikTokAccountFactory()
    answer = program.post(ADDRESS, {"account_id": other.public_id, "rows": rows(1)}, format="json")
    assert answer.status_code == 404
    TikTokAccountFactory(user=account.user)
    answer = program.post(ADDRESS, {"rows": rows(1)}, format="json")
    assert answer.json()["errors"][0]["field"] == "account_id"
    assert push(program, rows(1), account_id=account.public_id)[0][0] == "created"
    disagree(account.user, Purpose.SERVICE)
    assert program.post(ADDRESS, {"account_id": account.public_id, "rows": rows(2)}, format="json").status_code == 403
    assert account.posts.count() == 1
    assert APIClient().post(ADDRESS, {"rows": rows(1)}, format="json").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rows": []}, 400),
        ({"rows": [{}] * 1_001}, 400),
        ({"rows": {}}, 400),
        ({}, 400),
        ({"rows": [{}], "posts": []}, 400),
        ({"rows": [{"caption": "x" * 5_000_000}]}, 413),
    ],
)
def test_calls_have_bounds(program: APIClient, body: dict[str, Any], status: int) -> None:
    assert program.post(ADDRESS, body, format="json").status_code == status


def test_a_thousand_rows_in_one_call(program: APIClient, account: TikTokAccount) -> None:
    many = [row | {"caption": ""} for row in rows(1_000)]
    assert {outcome for outcome, _ in push(program, many)} == {"created"}
    assert account.posts.count() == 1_000


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.text(), max_size=2)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*pushed.MEMBERS, "other"]), VALUES, max_size=6) | VALUES, max_size=6))
def test_any_rows_have_a_result_each_and_twice_is_once(account: TikTokAccount, values: list[Any]) -> None:
    base = rows(len(values))
    mixed = [good | value if isinstance(value, dict) else value for good, value in zip(base, values, strict=True)]
    assert len(push_rows(account, mixed)) == len(mixed)
    once = stored(account)
    assert "new" not in {str(outcome) for outcome, _, _ in push_rows(account, mixed)}
    assert stored(account) == once
