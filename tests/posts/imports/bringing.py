"""Bring files the way that a page does, without a browser, and work them off without a worker."""

from datetime import datetime
from typing import Any

from accounts.models import TikTokAccount
from posts.imports.services import begin_upload, confirm, run_import
from posts.imports.uploads import PartsWriter
from posts.models import Import, Observation, Post, PostContent, PostsChange


def upload(account: TikTokAccount, content: bytes, *, now: datetime | None = None) -> Import:
    """Upload the file and return its import, which waits for a worker."""
    begun = begin_upload(account_id=account.pk, now=now)
    writer = PartsWriter(begun)
    for start in range(0, len(content), 64 * 1024):
        writer.write(content[start : start + 64 * 1024])
    writer.finish()
    return begun


def look_at(account: TikTokAccount, content: bytes, *, now: datetime | None = None) -> Import:
    """Upload the file and have it read."""
    begun = upload(account, content, now=now)
    run_import(import_id=begun.pk)
    begun.refresh_from_db()
    return begun


def take(account: TikTokAccount, content: bytes, *, now: datetime | None = None) -> Import:
    """Upload the file, have it read, confirm, and have it stored."""
    shown = look_at(account, content, now=now)
    assert shown.state == Import.State.READY, shown.error
    confirm(shown)
    run_import(import_id=shown.pk)
    shown.refresh_from_db()
    assert shown.state == Import.State.DONE, shown.error
    return shown


def stored(account: TikTokAccount) -> dict[str, Any]:
    """Return all that an import could change of an account."""
    posts = Post.objects.filter(account=account)
    contents = PostContent.objects.filter(post__account=account)
    observations = Observation.objects.filter(post__account=account)
    return {
        "posts": sorted(
            posts.values_list(
                "tiktok_id", "posted_at", "origin", "duration_s", "share_url", "is_ai_generated", "caption"
            )
        ),
        "contents": sorted(contents.values_list("post__tiktok_id", "caption_fingerprint", "length")),
        "observations": sorted(
            observations.values_list("post__tiktok_id", "observed_at", "origin", "likes", "views"), key=str
        ),
        "sequence": PostsChange.objects.filter(account=account).values_list("sequence", flat=True).first(),
        "followers": sorted(account.follower_counts.values_list("observed_at", "followers")),
    }
