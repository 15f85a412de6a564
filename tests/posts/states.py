"""Drive refreshes to their end, and check what they stored."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import TikTokAccount
from posts.content.captions import measured_part
from posts.ingest.fingerprints import caption_fingerprint
from posts.ingest.refreshing import resume_stalled, run_refresh
from posts.models import PostContent, Refresh
from posts.selectors import with_latest_counts


def assert_like_the_sandbox(account: TikTokAccount, published: list[dict[str, Any]]) -> None:
    """Assert that every post is stored as TikTok has it: time, latest counts, measures of its caption and cover."""
    rows = account.posts.filter(deleted_at=None).select_related("content")
    stored = {row.tiktok_id: row for row in with_latest_counts(rows)}
    assert sorted(stored) == sorted(post["id"] for post in published)
    for post in published:
        row = stored[post["id"]]
        assert row.posted_at.timestamp() == post["posted_at"]
        assert row.content.caption_fingerprint == caption_fingerprint(post["caption"])
        assert row.content.length == len(measured_part(post["caption"]))
        assert (row.duration_s, row.likes) == (post["duration_s"], post["likes"])
        assert row.content.cover_state == PostContent.Cover.MEASURED
        assert row.content.cover_sharpness is not None
    assert_each_post_once(account, set(stored))


def latest_refresh(account: TikTokAccount) -> Refresh:
    """Return the account's newest refresh as it is in the database."""
    return Refresh.objects.filter(account=account).latest("pk")


def drive(account: TikTokAccount, *, turns: int = 10) -> Refresh:
    """Run the latest refresh until it ends, as worker and beat do, without waiting for the time between."""
    for _ in range(turns):
        refresh = latest_refresh(account)
        if refresh.state not in Refresh.ACTIVE:
            break
        if refresh.claim is not None or refresh.next_attempt_at is not None:
            resume_stalled(now=timezone.now() + timedelta(days=1))
        run_refresh(refresh_id=refresh.pk)
    return latest_refresh(account)


def assert_each_post_once(account: TikTokAccount, tiktok_ids: set[str]) -> None:
    """Assert that every post is there once, with one observation of the latest refresh, which is done."""
    assert sorted(account.posts.values_list("tiktok_id", flat=True)) == sorted(tiktok_ids)
    refresh = latest_refresh(account)
    assert refresh.state == Refresh.State.DONE
    assert sorted(refresh.observations.values_list("post__tiktok_id", flat=True)) == sorted(tiktok_ids)
    assert refresh.posts_stored == len(tiktok_ids)
