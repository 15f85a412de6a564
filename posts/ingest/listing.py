"""Progress of reading an account's list of posts: what a later listing may leave out, and what it has to complete.

Every function that writes runs inside a caller's transaction that holds the account's lock (`lock_account`).
"""

from collections.abc import Callable
from datetime import datetime

from posts.models import Listing, Post, Refresh
from posts.platforms.base import FetchedPage, FetchedPost

MAX_PINNED = 3
"""Posts that TikTok lists first whatever their age."""


def is_settled(page: FetchedPage, holds: Callable[[FetchedPost], bool]) -> bool:
    """Return whether it holds for a whole page that is longer than the pinned posts alone could make it."""
    return len(page.posts) > MAX_PINNED and all(holds(post) for post in page.posts)


def note_page(refresh: Refresh, page: FetchedPage, known: set[str], now: datetime) -> int | None:
    """Store that the refresh read this page, and return the cursor to go on at; None at the list's end.

    A listing that goes on for an earlier, unfinished one jumps to where that stopped once a whole page is `known`. One
    of the newest posts only ends there.
    """
    listing = _listing(refresh.account_id, now)
    cursor = page.next_cursor
    is_first_page = refresh.cursor is None
    is_known = cursor is not None and is_settled(page, lambda post: post.id in known)
    if is_known and cursor is not None and refresh.jump_cursor is not None:
        cursor = min(cursor, refresh.jump_cursor)
    listing.read_at = now
    if is_first_page:
        listing.listed_at = now
    if cursor is None:
        listing.cursor, listing.complete_until = None, refresh.started_at
    elif is_known and refresh.newest_only:
        listing.cursor = cursor = None
    # None on a later page: the listing has reached posts that an earlier whole one had, so nothing below is unknown
    elif is_first_page or listing.cursor is not None:
        until = listing.complete_until
        reached = until is not None and is_settled(page, lambda post: post.posted_at <= until)
        listing.cursor = None if reached else cursor
    listing.save()
    return cursor


def note_look(account_id: int, *, began_at: datetime, reached_end: bool, now: datetime) -> None:
    """Store that the account's newest posts were looked for, perhaps down to the list's end."""
    listing = _listing(account_id, now)
    listing.read_at = now
    if reached_end:
        listing.cursor, listing.complete_until = None, began_at
    listing.save()


def note_missing(refresh: Refresh, now: datetime) -> bool:
    """Store how many posts TikTok counts and the whole listing lacked; return whether it lacked any.

    A difference is looked into by one more listing. One that lacks as many confirms it, and it is left at that. A look
    at the newest posts alone changes nothing: it cannot tell what the rest of the list lacks.
    """
    listing = _listing(refresh.account_id, now)
    if refresh.newest_only:
        return listing.missing > 0
    known = Post.objects.filter(account=refresh.account_id, deleted_at=None).count()
    missing = max((refresh.posts_expected or 0) - known - refresh.skipped, 0)
    listing.missing_confirmed = 0 < missing == listing.missing
    listing.missing = missing
    listing.save()
    return missing > 0


def _listing(account_id: int, now: datetime) -> Listing:
    return Listing.objects.get_or_create(account_id=account_id, defaults={"listed_at": now})[0]
