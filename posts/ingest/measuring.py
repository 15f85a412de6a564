"""Measure the covers of an account's posts; the pictures and their addresses are dropped at once."""

from collections.abc import Callable

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from accounts.credentials.services import require_service
from accounts.linked.services import lock_account
from posts.content.pictures import EMBEDDING_NETWORK, UnreadableImage, installed_id, measure_cover
from posts.ingest.selectors import COVER_DELAYS, MAX_COVER_ATTEMPTS, due_covers, outdated_covers, pending_covers
from posts.ingest.storing import record_change
from posts.models import PostContent
from posts.models.content import COVER_COLUMNS
from posts.platforms.base import CoverHostTroubled, CoverUnavailable, Platform

log = structlog.get_logger(__name__)

MAX_TROUBLES_IN_A_ROW = 3
MAX_OUTDATED = 50
"""Covers measured anew in one call, after the pending ones: a release must not download every cover at once."""


def measure_pending(platform: Platform, *, go_on: Callable[[], bool]) -> bool:
    """Try each pending cover of the account that is due; return False if `go_on`, called before each, ended it early.

    An attempt is stored before it is made: a picture that kills the worker is not met first again. A cover that failed
    is tried again by later calls, after growing delays (`COVER_DELAYS`). Where the host of the pictures is in trouble
    the rest is left to a later call too. Of covers that an older extractor measured, a few are measured anew; they keep
    their old measures until that succeeds. Raise TikTokError, CredentialLost, NoConsent.
    """
    now = timezone.now()
    pending = due_covers(pending_covers(platform.account_id), now)
    outdated = due_covers(outdated_covers(platform.account_id), now)
    # covers that failed before come last: they must not keep the others from their turn
    ids = [
        *pending.order_by("cover_attempts", "post_id").values_list("post_id", flat=True),
        *outdated.order_by("cover_attempts", "-post_id").values_list("post_id", flat=True)[:MAX_OUTDATED],
    ]
    troubles = 0
    for start in range(0, len(ids), platform.batch_size):
        batch = ids[start : start + platform.batch_size]
        contents = list((pending | outdated).filter(post_id__in=batch).select_related("post"))
        contents.sort(key=lambda content: batch.index(content.post_id))
        # addresses live for hours, so they are asked for when they are needed and kept nowhere
        addresses = platform.cover_addresses([content.post.tiktok_id for content in contents]) if contents else {}
        tried: list[PostContent] = []
        try:
            for content in contents:
                if troubles >= MAX_TROUBLES_IN_A_ROW:
                    return True
                if not go_on():
                    return False
                require_service(platform.account_id)
                host_answers = _try_cover(platform, content, addresses.get(content.post.tiktok_id))
                troubles = 0 if host_answers else troubles + 1
                tried.append(content)
        finally:
            _save(platform.account_id, tried)
    return True


def _try_cover(platform: Platform, content: PostContent, address: str | None) -> bool:
    """Measure the cover at the address, in memory; return False if its host was in trouble."""
    _note_attempt(content)
    try:
        if not address:
            raise CoverUnavailable("the platform gave no address")
        content.set_cover(measure_cover(platform.cover(address), with_text=True))
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's picture in other libraries: one must not end the others
        log.info(
            "cover_failed",
            post=content.post.public_id,
            attempt=content.cover_attempts,
            error=type(error).__name__,
            reason=str(error) if isinstance(error, CoverUnavailable | UnreadableImage) else "",
        )
        return not isinstance(error, CoverHostTroubled)
    if content.cover_network == installed_id(EMBEDDING_NETWORK):
        content.cover_attempts, content.cover_retry_at = 0, None
    return True


def _note_attempt(content: PostContent) -> None:
    """Store that the cover is being tried, and when it may be tried next; the last attempt ends its waiting."""
    content.cover_attempts += 1
    last = content.cover_attempts >= MAX_COVER_ATTEMPTS
    if last and content.cover_state == PostContent.Cover.PENDING:
        content.cover_state = PostContent.Cover.UNAVAILABLE
    content.cover_retry_at = None if last else timezone.now() + COVER_DELAYS[content.cover_attempts - 1]
    noted = {name: getattr(content, name) for name in ("cover_attempts", "cover_retry_at", "cover_state")}
    PostContent.objects.filter(pk=content.pk).update(**noted)


def _save(account_id: int, contents: list[PostContent]) -> None:
    if not contents:
        return
    with transaction.atomic():
        lock_account(account_id)
        for content in contents:
            content.save(update_fields=COVER_COLUMNS)
        if any(content.cover_state == PostContent.Cover.MEASURED for content in contents):
            record_change(account_id, timezone.now())
