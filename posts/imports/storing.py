"""Store imported rows through the door that fetched posts come by."""

from collections.abc import Sequence
from datetime import datetime

from accounts.linked.services import store_followers
from accounts.models import TikTokAccount
from posts.imports.matching import Decision, Matcher
from posts.ingest.storing import append_imported, fill_missing, record_change, store_posts
from posts.models import ImportRow, Origin, Post, PostContent
from posts.platforms.base import FetchedPost
from posts.platforms.exports import ImportedRow

Outcome = ImportRow.Outcome


def store_rows(
    account: TikTokAccount, rows: Sequence[ImportedRow], *, origin: Origin, observed_at: datetime, now: datetime
) -> list[Decision]:
    """Store the rows as far as they say anything new, and return what became of each.

    The caller is in a transaction and holds the account's lock. The same rows again change nothing.
    """
    decisions = Matcher(account, observed_at).decide(rows)
    new = [
        _fetched(each, each.row.posted_at)
        for each in decisions
        if each.outcome == Outcome.NEW and each.row.posted_at is not None
    ]
    stored = store_posts(account, new, now, origin) if new else {}
    if stored and account.platform == TikTokAccount.Platform.FILE:
        # nobody will ever be asked for them
        PostContent.objects.filter(post__in=stored.values()).update(cover_state=PostContent.Cover.UNAVAILABLE)
    taken = [each for each in decisions if each.outcome in ImportRow.STORED]
    posts: dict[str, Post] = {**{each.id: each.post for each in taken if each.post is not None}, **stored}
    for each in taken:
        if each.outcome != Outcome.NEW:
            fill_missing(posts[each.id], _fetched(each, posts[each.id].posted_at))
    counts = [(posts[each.id], each.observed_at, each.row.counts) for each in taken if each.observed_at is not None]
    append_imported(counts, origin)
    followers = {row.observed_at: row.followers for row in rows if row.observed_at and row.followers is not None}
    followed = store_followers(account, followers)
    if taken or followed:
        record_change(account.pk, now)
    return decisions


def _fetched(decision: Decision, posted_at: datetime) -> FetchedPost:
    row = decision.row
    return FetchedPost(
        id=decision.id,
        posted_at=posted_at,
        caption=row.caption,
        duration_s=row.duration_s,
        share_url=row.share_url,
        is_ai_generated=row.is_ai_generated,
        counts=row.counts,
    )
