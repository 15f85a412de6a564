"""Pages by cursor: every row once, whatever is added meanwhile, in every order, forwards and backwards."""

import random
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from posts.models import Post
from tests.factories import PostFactory, PredictionFactory

pytestmark = pytest.mark.django_db


def pages(client, path, query, link="next"):
    response = client.get(path, query)
    while True:
        assert response.status_code == 200, response.content
        page = response.json()
        yield page
        if page[link] is None:
            return
        response = client.get(page[link])


def ids(page):
    return [row["id"] for row in page["results"]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, 5, 9])), min_size=1, max_size=9),
    st.sampled_from(["", "posted_at", "-posted_at", "duration_s", "-duration_s", "duration_s,-posted_at"]),
    st.integers(1, 4),
)
def test_every_row_once_in_every_order(creator, signed_in, rows, ordering, size):
    Post.objects.filter(account=creator.account).delete()
    now = timezone.now()
    for hours, duration in rows:
        PostFactory(account=creator.account, posted_at=now - timedelta(hours=hours), duration_s=duration)
    query = {"page_size": size} | ({"ordering": ordering} if ordering else {})
    forwards = list(pages(signed_in, "/api/v1/posts", query))
    whole = ids(signed_in.get("/api/v1/posts", query | {"page_size": 100}).json())
    assert [row for page in forwards for row in ids(page)] == whole
    assert len(whole) == len(rows) == forwards[0]["count"]
    assert forwards[0]["previous"] is None
    if len(forwards) > 1:
        back = list(pages(signed_in, forwards[-1]["previous"], None, "previous"))
        assert [row for page in back[::-1] for row in ids(page)] == whole[: -len(ids(forwards[-1]))]


def test_rows_that_are_added_meanwhile_neither_repeat_nor_hide_others(creator, signed_in):
    before = {PredictionFactory(account=creator.account).public_id for _ in range(6)}
    seen: list[str] = []
    for page in pages(signed_in, "/api/v1/predictions", {"page_size": 2}):
        seen += ids(page)
        PredictionFactory.create_batch(random.randint(1, 3), account=creator.account)
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_a_cursor_is_opaque_and_for_its_list_alone(creator, signed_in):
    PredictionFactory.create_batch(3, account=creator.account)
    first = signed_in.get("/api/v1/predictions", {"page_size": 1}).json()
    cursor = parse_qs(urlsplit(first["next"]).query)["cursor"][0]
    for path in ("/api/v1/posts", "/api/v1/predictions?has_outcome=true"):
        response = signed_in.get(path, {"cursor": cursor} if "?" not in path else None)
        if "?" in path:
            response = signed_in.get(f"{path}&cursor={cursor}")
        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "cursor"
    assert signed_in.get("/api/v1/predictions", {"cursor": f"{cursor}x"}).status_code == 400
    other_size = signed_in.get("/api/v1/predictions", {"cursor": cursor, "page_size": 3})
    assert len(other_size.json()["results"]) == 3


def test_an_unchanged_answer_is_not_sent_again(creator, signed_in):
    for path in ("/api/v1/predictions", f"/api/v1/accounts/{creator.account.public_id}", "/api/v1/schema"):
        first = signed_in.get(path)
        again = signed_in.get(path, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
    PredictionFactory(account=creator.account)
    changed = signed_in.get("/api/v1/predictions", headers={"if-none-match": signed_in.get("/api/v1/me")["ETag"]})
    assert changed.status_code == 200


def test_a_cursor_is_one_persons(creator, signed_in):
    other = APIClient()
    other.force_login(PredictionFactory().account.user)
    PredictionFactory(account=creator.account)
    following = signed_in.get("/api/v1/predictions", {"page_size": 1}).json()["next"]
    assert signed_in.get(following).status_code == 200
    assert [error["field"] for error in other.get(following).json()["errors"]] == ["cursor"]
