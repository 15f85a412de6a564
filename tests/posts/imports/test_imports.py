"""Imports of files: nothing before a yes, then exactly what was shown, once; wrong files change nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import TikTokAccount
from posts.imports import services, storing
from posts.imports.services import ImportInProgress, NotWaiting
from posts.ingest.storing import store_posts
from posts.models import Import, ImportPart, ImportRow, Observation, Origin, Post
from posts.models.imports import place_of_row
from posts.platforms.base import FetchedCounts, FetchedPost
from posts.platforms.exports.tiktok_json import LAYOUTS
from privacy import sealing
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from tests.factories import ALL_CONSENTS, PostFactory, TikTokAccountFactory, UserFactory, disagree
from tests.posts.imports.bringing import look_at, stored, take, upload
from tests.posts.platforms.exports.files import (
    NOW,
    as_csv,
    as_json,
    as_zip,
    export_of,
    export_rows,
    history_rows,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    return TikTokAccountFactory()


@pytest.fixture
def from_files() -> TikTokAccount:
    return services_account()


def services_account() -> TikTokAccount:
    from accounts.linked.services import open_file_account

    return open_file_account(user=UserFactory(), now=timezone.now())


FILES = {
    **{layout: as_json(export_of(layout, export_rows(6))) for layout in LAYOUTS},
    "zip": as_zip({"x/user_data_tiktok.json": as_json(export_of(LAYOUTS[0], export_rows(6)))}),
    "csv": as_csv(history_rows(6)),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_posts_of_a_file_are_stored_once_confirmed_and_not_before(account: TikTokAccount, content: bytes) -> None:
    before = stored(account)
    shown = look_at(account, content)
    assert (shown.state, shown.rows_new, shown.rows_skipped) == ("ready", 6, 0)
    assert stored(account) == before
    services.confirm(shown)
    services.run_import(import_id=shown.pk)
    rows = export_rows(6)
    posts = {post.tiktok_id: post for post in account.posts.select_related("content")}
    for row in rows:
        post = posts[row["Link"].split("/")[-2]]
        assert post.posted_at == datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC)
        assert post.origin == (Origin.CSV if content == FILES["csv"] else Origin.EXPORT)
        assert post.consent_version == "service:1"
        assert post.retain_until > timezone.now()
        latest = post.observations.latest("observed_at")
        assert latest.likes == int(row["Likes"])
        assert latest.origin == post.origin
    assert len(posts) == 6
    assert not ImportPart.objects.exists()
    assert not ImportRow.objects.exclude(sealed=b"").exists()


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_the_same_file_again_changes_nothing(account: TikTokAccount, content: bytes) -> None:
    take(account, content)
    once = stored(account)
    again = take(account, content)
    assert (again.rows_new, again.rows_merged, again.rows_observed) == (0, 0, 0)
    assert stored(account) == once


def test_counts_of_an_export_are_read_when_it_came(account: TikTokAccount) -> None:
    shown = take(account, FILES["zip"])
    moments = set(Observation.objects.filter(post__account=account).values_list("observed_at", flat=True))
    assert moments == {shown.observed_at}


def test_counts_of_a_table_keep_their_moment(account: TikTokAccount) -> None:
    take(account, FILES["csv"])
    rows = history_rows(6)
    told = {(row["post_id"], datetime.fromisoformat(row["observed_at"])) for row in rows}
    assert set(Observation.objects.values_list("post__tiktok_id", "observed_at")) == told


# --- merging ---------------------------------------------------------------------------------------------------------


def fetched(row: dict[str, Any], **changes: Any) -> FetchedPost:
    values = {
        "id": row["Link"].split("/")[-2],
        "posted_at": datetime.fromisoformat(row["Date"]).replace(tzinfo=UTC),
        "caption": row["Title"],
        "duration_s": 33,
        "share_url": "https://www.tiktok.com/@mia/video/1",
        "is_ai_generated": None,
        "counts": FetchedCounts(likes=9_999),
    }
    return FetchedPost(**{**values, **changes})


def test_a_known_post_keeps_what_was_fetched_and_gains_what_was_missing(account: TikTokAccount) -> None:
    row = export_rows(1)[0]
    [post] = store_posts(account, [fetched(row)], NOW).values()
    Observation.objects.create(post=post, observed_at=post.posted_at + timedelta(hours=24), likes=9_999)
    shown = take(account, as_json(export_of(LAYOUTS[0], [row])))
    assert (shown.rows_new, shown.rows_merged) == (0, 1)
    post.refresh_from_db()
    assert (post.origin, post.duration_s, post.share_url) == ("fetched", 33, "https://www.tiktok.com/@mia/video/1")
    assert post.is_ai_generated is False
    assert list(post.observations.values_list("likes", "origin")) == [
        (9_999, "fetched"),
        (int(row["Likes"]), "export"),
    ]


def test_a_post_without_an_id_is_known_by_time_and_caption(account: TikTokAccount) -> None:
    row = export_rows(1)[0]
    store_posts(account, [fetched(row, posted_at=fetched(row).posted_at + timedelta(seconds=90))], NOW)
    store_posts(account, [fetched(row, id="7" * 19, caption="another one")], NOW)
    short = row | {"Link": "https://vm.tiktok.com/ZMabc12/"}
    far = short | {"Date": str((fetched(row).posted_at + timedelta(minutes=10)).replace(tzinfo=None))}
    shown = look_at(account, as_json(export_of(LAYOUTS[0], [short, far])))
    assert list(shown.rows.values_list("outcome", "reason")) == [
        ("merged", ""),
        ("skipped", "has no id in its link, and no post of that time with this caption is known"),
    ]


def test_ids_of_a_table_of_ones_own_are_merged_by_time_and_caption(account: TikTokAccount) -> None:
    rows = export_rows(2)
    store_posts(account, [fetched(rows[0])], NOW)
    table = [
        {"post_id": f"mine-{n}", "posted_at": row["Date"], "caption": row["Title"].upper(), "likes": "5"}
        for n, row in enumerate(rows)
    ]
    shown = look_at(account, as_csv(table))
    assert list(shown.rows.values_list("outcome", flat=True)) == ["merged", "skipped"]
    assert "not TikTok's" in shown.rows.latest("number").reason


def test_two_posts_of_tiktok_at_one_time_are_two(account: TikTokAccount) -> None:
    row = export_rows(1)[0]
    other = row | {"Link": f"https://www.tiktokv.com/share/video/{'7' * 19}/"}
    assert take(account, as_json(export_of(LAYOUTS[0], [row, other]))).rows_new == 2


def test_a_repeated_post_is_told(account: TikTokAccount) -> None:
    rows = export_rows(2)
    shown = look_at(account, as_json(export_of(LAYOUTS[0], [rows[0], rows[1], rows[0] | {"Likes": "1"}])))
    assert list(shown.rows.values_list("number", "outcome", "reason")) == [
        (1, "new", ""),
        (2, "new", ""),
        (3, "unchanged", "is the same post as row 1"),
    ]


def test_what_tiktok_tells_later_replaces_what_a_file_told(account: TikTokAccount) -> None:
    row = export_rows(1)[0]
    take(account, as_json(export_of(LAYOUTS[0], [row])))
    store_posts(account, [fetched(row, caption="written anew")], timezone.now())
    post = account.posts.get()
    assert (post.origin, post.duration_s, post.content.length) == ("fetched", 33, len("written anew"))


# --- an account from files alone -------------------------------------------------------------------------------------


def test_an_account_from_files_takes_posts_without_ids_and_its_name(from_files: TikTokAccount) -> None:
    rows = [row | {"Link": "https://v16m.tiktokcdn.com/x"} for row in export_rows(5)]
    content = as_json(export_of(LAYOUTS[0], rows))
    shown = take(from_files, content)
    # one of the five has no caption: nothing tells it from another post
    assert (shown.rows_new, shown.rows_skipped) == (4, 1)
    from_files.refresh_from_db()
    assert (from_files.username, from_files.follower_count) == ("mia.makes", 7)
    assert set(from_files.posts.values_list("content__cover_state", flat=True)) == {"unavailable"}
    once = stored(from_files)
    take(from_files, content)
    assert stored(from_files) == once


# --- whoever may not -------------------------------------------------------------------------------------------------


def test_one_file_at_a_time(account: TikTokAccount) -> None:
    other = TikTokAccountFactory(user=account.user)
    waiting = look_at(account, FILES["csv"])
    with pytest.raises(ImportInProgress, match="confirm or cancel"):
        upload(other, FILES["csv"])
    services.cancel(waiting)
    upload(other, FILES["csv"])
    with pytest.raises(ImportInProgress, match="taken in"):
        upload(account, FILES["csv"])


def test_an_upload_that_broke_off_makes_room(account: TikTokAccount) -> None:
    services.begin_upload(account_id=account.pk, now=timezone.now() - timedelta(hours=1))
    assert look_at(account, FILES["csv"]).state == "ready"
    assert Import.objects.count() == 1


def test_without_consent_nothing_is_taken(account: TikTokAccount) -> None:
    shown = look_at(account, FILES["csv"])
    disagree(account.user, Purpose.SERVICE)
    with pytest.raises(NoConsent):
        services.confirm(shown)
    with pytest.raises(NoConsent):
        services.begin_upload(account_id=account.pk)
    assert not account.posts.exists()


def test_consent_that_ends_while_storing_ends_it(account: TikTokAccount) -> None:
    shown = look_at(account, FILES["csv"])
    services.confirm(shown)
    disagree(account.user, Purpose.SERVICE)
    services.run_import(import_id=shown.pk)
    shown.refresh_from_db()
    assert shown.state == "failed"
    assert "consent" in shown.error
    assert not account.posts.exists()
    assert not ImportRow.objects.exists()


def test_captions_are_kept_only_where_texts_may_be() -> None:
    keeps, drops = TikTokAccountFactory(user__consents=ALL_CONSENTS), TikTokAccountFactory()
    for account in (keeps, drops):
        take(account, FILES["zip"])
    assert "Sunset at the pier #sunset" in keeps.posts.values_list("caption", flat=True)
    assert set(drops.posts.values_list("caption", flat=True)) == {""}


# --- files that are not ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"x", b"{}", b"PK\x03\x04", FILES["zip"][:-300], FILES[LAYOUTS[0]][:-50]])
def test_a_wrong_file_changes_nothing(account: TikTokAccount, content: bytes) -> None:
    before = stored(account)
    shown = look_at(account, content)
    assert shown.state == "failed"
    assert shown.error.endswith(".")
    assert stored(account) == before
    assert not ImportRow.objects.exists()
    assert not ImportPart.objects.exists()
    assert take(account, FILES["csv"]).rows_new == 6


def test_a_cancelled_file_is_forgotten(account: TikTokAccount) -> None:
    shown = look_at(account, FILES["csv"])
    services.cancel(shown)
    shown.refresh_from_db()
    assert (shown.state, shown.rows.count(), shown.parts.count()) == ("cancelled", 0, 0)
    with pytest.raises(NotWaiting):
        services.confirm(shown)
    assert not account.posts.exists()


def test_a_file_that_nobody_answers_for_is_forgotten_after_a_day(account: TikTokAccount) -> None:
    shown = look_at(account, FILES["csv"])
    now = timezone.now()
    assert services.cancel_unanswered(now=now + timedelta(hours=23)) == 0
    assert services.cancel_unanswered(now=now + timedelta(hours=25)) == 1
    shown.refresh_from_db()
    assert shown.state == "cancelled"
    assert not ImportRow.objects.exists()


# --- interruptions ---------------------------------------------------------------------------------------------------


def test_storing_goes_on_where_a_killed_worker_stopped(account: TikTokAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    whole = TikTokAccountFactory()
    content = as_json(export_of(LAYOUTS[0], export_rows(7)))
    at = timezone.now()
    take(whole, content, now=at)
    shown = look_at(account, content, now=at)
    services.confirm(shown)
    calls = 0
    store_rows = storing.store_rows

    def dies(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        decisions = store_rows(*args, **options)
        if calls in (2, 4):
            raise KeyboardInterrupt
        return decisions

    monkeypatch.setattr(storing, "store_rows", dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            services.run_import(import_id=shown.pk)
        assert account.posts.count() % 2 == 0
        services.run_import(import_id=shown.pk)
        services.resume_imports(now=timezone.now() + timedelta(hours=1))
    services.run_import(import_id=shown.pk)
    shown.refresh_from_db()
    assert shown.state == "done"
    ours, theirs = stored(account), stored(whole)
    assert (ours["posts"], ours["observations"]) == (theirs["posts"], theirs["observations"])


def test_storing_hands_over_after_a_turn(account: TikTokAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    shown = look_at(account, FILES["zip"])
    services.confirm(shown)
    monkeypatch.setattr(services, "TURN", timedelta(seconds=-1))
    services.run_import(import_id=shown.pk)
    shown.refresh_from_db()
    assert (shown.state, shown.claim, account.posts.count()) == ("storing", None, 0)
    monkeypatch.undo()
    services.run_import(import_id=shown.pk)
    assert account.posts.count() == 6


def test_a_file_that_kills_its_workers_is_given_up(account: TikTokAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = upload(account, FILES["csv"])
    monkeypatch.setattr(services, "_read", lambda upload: (_ for _ in ()).throw(KeyboardInterrupt))
    for _ in range(services.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            services.run_import(import_id=begun.pk)
        services.resume_imports(now=timezone.now() + timedelta(hours=1))
    services.run_import(import_id=begun.pk)
    begun.refresh_from_db()
    assert (begun.state, begun.error) == ("failed", services.INTERRUPTED)
    assert not ImportPart.objects.exists()


def test_the_rows_are_sealed_while_they_wait(account: TikTokAccount) -> None:
    shown = look_at(account, FILES["zip"])
    row = shown.rows.earliest("number")
    assert b"Sunset" not in bytes(row.sealed)
    assert "Sunset" in sealing.unseal(bytes(row.sealed), place=place_of_row(row))


def test_posts_of_other_accounts_are_left_alone(account: TikTokAccount) -> None:
    row = export_rows(1)[0]
    other = PostFactory(tiktok_id=row["Link"].split("/")[-2], posted_at=fetched(row).posted_at, text=row["Title"])
    before = stored(other.account)
    assert take(account, as_json(export_of(LAYOUTS[0], [row]))).rows_new == 1
    assert stored(other.account) == before
    assert Post.objects.filter(tiktok_id=other.tiktok_id).count() == 2


# --- rounded counts -------------------------------------------------------------------------------------------------

ROUNDED = b"""post_id,posted_at,observed_at,caption,likes,views,coarseness
7300000000000000001,2026-11-01T18:00:00Z,2026-11-02T18:00:00Z,one,1.2K,"12,3 mil",
7300000000000000001,2026-11-01T18:00:00Z,2026-11-09T18:00:00Z,one,1.3K,,
7300000000000000002,2026-11-02T18:00:00Z,2026-11-03T18:00:00Z,two,1250,,
7300000000000000003,2026-11-03T18:00:00Z,2026-11-04T18:00:00Z,three,1200,,0.05
7300000000000000004,2026-11-03T18:00:00Z,2026-11-04T18:00:00Z,four,about a thousand,,
7300000000000000005,2026-11-03T18:00:00Z,2026-11-04T18:00:00Z,five,12,,-1
"""


def test_rounded_counts_are_told_before_and_stored_with_their_precision(account: TikTokAccount, client: Any) -> None:
    shown = look_at(account, ROUNDED)
    assert (shown.posts_rounded, shown.rows_new, shown.rows_skipped) == (2, 3, 2)
    reasons = list(shown.rows.filter(outcome="skipped").values_list("reason", flat=True))
    assert "or a rounded one like 1.2K or 3M" in reasons[0]
    assert "coarseness is" in reasons[1]
    client.force_login(account.user)
    assert "2 posts have rounded counts" in client.get(f"/imports/{shown.public_id}/").content.decode()
    services.confirm(shown)
    services.run_import(import_id=shown.pk)
    stored_counts = Observation.objects.filter(post__account=account).order_by("post__tiktok_id", "observed_at")
    assert [(each.likes, each.views, each.coarseness and round(each.coarseness, 3)) for each in stored_counts] == [
        (1200, 12_300, 0.042),
        (1300, None, 0.038),
        (1250, None, None),
        (1200, None, 0.05),
    ]
    page = client.get(f"/posts/?account={account.public_id}").content.decode()
    assert page.count(", rounded<") == 2
