"""The REST API of posts and refreshes: content, access, number of queries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from posts.models import PostContent, Refresh
from tests.factories import PostFactory, StaffFactory, TikTokAccountFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def account():
    return TikTokAccountFactory()


@pytest.fixture
def client(api, account):
    api.force_authenticate(account.user)
    return api


def ids(response):
    return [post["id"] for post in response.json()["results"]]


def test_posts_come_newest_first_with_their_measures(client, account):
    old = PostFactory(account=account, posted_at=NOON - timedelta(days=1), likes_by_hour={1: 5, 24: 60})
    new = PostFactory(account=account, posted_at=NOON, text="What a day? #sun 🍋")
    answer = client.get("/api/v1/posts/")
    assert ids(answer) == [new.public_id, old.public_id]
    shown_new, shown_old = answer.json()["results"]
    assert shown_old["latest"]["likes"] == 60
    assert shown_new["latest"] is None
    assert shown_new["content"]["hashtags"] == ["sun"]
    assert (shown_new["content"]["questions"], shown_new["content"]["emoji"]) == (1, 1)
    assert shown_new["content"]["cover"] is None
    assert shown_new["account"] == account.public_id
    assert "embedding" not in answer.content.decode()
    assert "fingerprint" not in answer.content.decode()


def test_a_measured_cover_is_shown(client, account):
    post = PostFactory(account=account)
    PostContent.objects.update(
        cover_state="measured",
        cover_brightness=0.5,
        cover_contrast=0.2,
        cover_saturation=0.4,
        cover_colourfulness=30,
        cover_sharpness=12,
    )
    cover = client.get(f"/api/v1/posts/{post.public_id}/").json()["content"]["cover"]
    assert cover == {"brightness": 0.5, "contrast": 0.2, "saturation": 0.4, "colourfulness": 30, "sharpness": 12}


def test_a_post_comes_with_its_observations_oldest_first(client, account):
    post = PostFactory(account=account, likes_by_hour={24: 60, 1: 5, 6: 20})
    shown = client.get(f"/api/v1/posts/{post.public_id}/").json()
    assert [row["likes"] for row in shown["observations"]] == [5, 20, 60]
    page = client.get(f"/api/v1/posts/{post.public_id}/observations/", {"page_size": 2}).json()
    assert (page["count"], [row["likes"] for row in page["results"]]) == (3, [5, 20])


def test_posts_can_be_narrowed_and_ordered(client, account):
    other = TikTokAccountFactory(user=account.user)
    first = PostFactory(account=account, posted_at=NOON, text="#Sunset", duration_s=30)
    second = PostFactory(account=other, posted_at=NOON + timedelta(hours=1), text="#studio #cafe\u0301", duration_s=10)
    gone = PostFactory(account=other, posted_at=NOON + timedelta(hours=2), deleted_at=timezone.now(), duration_s=20)
    expected = {
        "": [gone, second, first],
        f"account={account.public_id}": [first],
        "posted_after=2026-11-01T13:00:00Z": [gone, second],
        "posted_after=2026-10-31T14:00:00-23:00": [gone, second],
        "posted_before=2026-11-01T13:00:00Z": [first],
        "hashtag=SUNSET": [gone, first],
        "hashtag=%23studio": [second],
        "hashtag=sun": [],
        # café in NFC and in NFD
        "hashtag=CAF%C3%89": [second],
        "hashtag=cafe%CC%81": [second],
        "deleted=true": [gone],
        "deleted=false": [second, first],
        "ordering=posted_at": [first, second, gone],
        "ordering=duration_s": [second, gone, first],
        "ordering=-duration_s": [first, gone, second],
        f"account={other.public_id}&deleted=false": [second],
    }
    shown = {query: ids(client.get(f"/api/v1/posts/?{query}")) for query in expected}
    assert shown == {query: [post.public_id for post in posts] for query, posts in expected.items()}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("posted_after=yesterday", "posted_after"),
        ("posted_before=2026-13-01", "posted_before"),
        ("posted_after=9999-12-31T23:59:59-23:00", "posted_after"),
        ("ordering=likes", "ordering"),
        ("hashtag=a%00b", "hashtag"),
        ("account=%00", "account"),
        (f"hashtag={'x' * 201}", "hashtag"),
    ],
)
def test_a_bad_filter_is_named(client, query, field):
    answer = client.get(f"/api/v1/posts/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_pages_of_posts_published_together_do_not_overlap(client, account):
    posts = [PostFactory(account=account, posted_at=NOON, duration_s=10) for _ in range(5)]
    for ordering in ("", "duration_s", "-posted_at"):
        pages = [client.get("/api/v1/posts", {"page_size": 2, **({"ordering": ordering} if ordering else {})})]
        while pages[-1].json()["next"]:
            pages.append(client.get(pages[-1].json()["next"]))
        assert len(pages) == 3
        assert sorted(post_id for page in pages for post_id in ids(page)) == sorted(post.public_id for post in posts)


def test_lists_cost_the_same_however_long_they_are(client, account, django_assert_num_queries):
    PostFactory(account=account, likes_by_hour={1: 5})
    with django_assert_num_queries(3):
        client.get("/api/v1/posts/")
    for _ in range(10):
        PostFactory(account=account, likes_by_hour={1: 5, 6: 9})
    with django_assert_num_queries(3):
        assert len(ids(client.get("/api/v1/posts/"))) == 11
    post = account.posts.first()
    with django_assert_num_queries(3):
        client.get(f"/api/v1/posts/{post.public_id}/")
    with django_assert_num_queries(4):
        client.get(f"/api/v1/posts/{post.public_id}/observations/")


# --- refreshes -----------------------------------------------------------------------------------------------------


def test_a_refresh_can_be_requested_once_at_a_time(client, account):
    first = client.post(f"/api/v1/accounts/{account.public_id}/refreshes/")
    assert first.status_code == 202
    assert first.json()["state"] == "queued"
    assert client.post(f"/api/v1/accounts/{account.public_id}/refreshes/").json()["id"] == first.json()["id"]
    assert Refresh.objects.count() == 1
    assert client.get(f"/api/v1/refreshes/{first.json()['id']}/").json() == first.json()
    assert client.get(f"/api/v1/accounts/{account.public_id}/refresh/").json() == first.json()


def test_asking_anew_ends_a_wait_and_says_where_to_look(client, account):
    again_at = timezone.now() + timedelta(minutes=30)
    waiting = Refresh.objects.create(
        account=account, state="waiting", reason="tiktok_rate_limited", next_attempt_at=again_at, posts_expected=120
    )
    PostFactory(account=account)
    shown = client.get(f"/api/v1/accounts/{account.public_id}/refresh/").json()
    assert (shown["state"], shown["reason"], shown["error"]) == ("waiting", "tiktok_rate_limited", "")
    assert shown["next_attempt_at"] == again_at.isoformat().replace("+00:00", "Z")
    assert (shown["posts_known"], shown["posts_expected"]) == (1, 120)
    assert "1 of 120 posts" in shown["message"]
    asked = client.post(f"/api/v1/accounts/{account.public_id}/refreshes/")
    assert (asked.status_code, asked["Location"]) == (202, f"/api/v1/refreshes/{waiting.public_id}")
    assert (asked.json()["state"], asked.json()["next_attempt_at"]) == ("queued", None)
    assert client.get(asked["Location"]).json() == asked.json()


def test_a_refresh_that_ended_early_says_why(client, account):
    now = timezone.now()
    Refresh.objects.create(account=account, state="failed", reason="connection_lost", finished_at=now)
    shown = client.get(f"/api/v1/accounts/{account.public_id}/refresh/").json()
    assert (shown["state"], shown["reason"], shown["data_as_of"]) == ("failed", "connection_lost", None)
    assert shown["error"] == shown["message"]
    assert "Connect the account again" in shown["message"]


def test_refreshes_are_throttled(client, account, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"refresh": "20/hour"}
    answers = [client.post(f"/api/v1/accounts/{account.public_id}/refreshes/") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
    assert "Retry-After" in answers[-1]


def test_a_disconnected_account_is_not_refreshed(client, account):
    account.disconnected_at = timezone.now()
    account.save()
    answer = client.post(f"/api/v1/accounts/{account.public_id}/refreshes/")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert "connect it again" in answer.json()["detail"]


def test_without_a_refresh_there_is_none_to_show(client, account):
    assert client.get(f"/api/v1/accounts/{account.public_id}/refresh/").status_code == 404


@pytest.mark.parametrize(
    ("state", "stored", "expected", "listed", "covers", "progress"),
    [
        ("queued", 0, None, False, 0, None),
        ("fetching", 0, 40, False, 0, 0.0),
        ("fetching", 10, 40, False, 10, 0.2),
        ("fetching", 40, 40, True, 40, 0.5),
        ("fetching", 40, None, True, 10, 0.8),
        ("fetching", 0, 0, False, 0, None),
        ("done", 40, 41, True, 3, 1.0),
    ],
)
def test_progress(client, account, state, stored, expected, listed, covers, progress):
    Refresh.objects.create(
        account=account, state=state, posts_stored=stored, posts_expected=expected, listing_done=listed
    )
    for _ in range(covers):
        PostFactory(account=account)
    PostContent.objects.update(cover_state="pending")
    shown = client.get(f"/api/v1/accounts/{account.public_id}/refresh/").json()
    assert (shown["state"], shown["progress"]) == (state, progress)


# --- other people --------------------------------------------------------------------------------------------------

ROUTES = [
    ("get", "posts/{post}/"),
    ("get", "posts/{post}/observations/"),
    ("post", "accounts/{account}/refreshes/"),
    ("get", "accounts/{account}/refresh/"),
    ("get", "refreshes/{refresh}/"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
@pytest.mark.parametrize("stranger", [UserFactory, StaffFactory])
def test_other_peoples_posts_and_refreshes_are_not_found(api, account, method, route, stranger):
    post = PostFactory(account=account, likes_by_hour={1: 5})
    refresh = Refresh.objects.create(account=account, state="done")
    address = "/api/v1/" + route.format(post=post.public_id, account=account.public_id, refresh=refresh.public_id)
    api.force_authenticate(account.user)
    assert getattr(api, method)(address).status_code in (200, 202)
    api.force_authenticate(stranger())
    assert getattr(api, method)(address).status_code == 404
    api.force_authenticate(None)
    assert getattr(api, method)(address).status_code in (401, 403)
    assert Refresh.objects.exclude(pk=refresh.pk).count() == (1 if method == "post" else 0)


def test_lists_hold_only_ones_own(api, account):
    PostFactory(account=account)
    api.force_authenticate(UserFactory())
    assert ids(api.get("/api/v1/posts/")) == []
    assert ids(api.get("/api/v1/posts/", {"account": account.public_id})) == []
    api.force_authenticate(None)
    assert api.get("/api/v1/posts/").status_code in (401, 403)


@pytest.mark.parametrize("odd", ["%00", "..", "a%20b", "1", "post_0000000000000000", "x" * 500])
def test_odd_ids_are_not_found(client, odd):
    for route in ("posts/{}/", "posts/{}/observations/", "refreshes/{}/", "accounts/{}/refresh/"):
        assert client.get("/api/v1/" + route.format(odd)).status_code == 404
