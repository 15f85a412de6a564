"""Measuring the covers of an account's posts; the pictures and their addresses are dropped at once."""

from collections.abc import Callable, Iterable

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.credentials.services import require_service
from accounts.linked.services import lock_account
from posts.content import CoverMeasures, UnreadableImage, measure_cover
from posts.models import PostContent
from posts.storing import record_change
from posts.tiktok import CoverHostTroubled, CoverUnavailable, DisplayAPI, VideoCover, fetch_cover
from posts.tiktok.client import QUERY_SIZE

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
MAX_TROUBLES_IN_A_ROW = 3


def measure_pending(api: DisplayAPI, *, go_on: Callable[[], bool]) -> bool:
    """Try each pending cover of the account once; False when `go_on`, asked before each, ended it before the last.

    A cover that failed is tried again by a later call, `MAX_ATTEMPTS` times in all. Where the host of the pictures is
    in trouble the rest is left to a later call too. Raises TikTokError, CredentialLost, NoConsent.
    """
    pending = PostContent.objects.filter(
        post__account=api.account_id,
        post__deleted_at=None,
        cover_state=PostContent.Cover.PENDING,
        # those that failed before come last: they must not keep the others from their turn
    ).order_by("cover_attempts", "post_id")
    ids = list(pending.values_list("post_id", flat=True))
    troubles = 0
    for start in range(0, len(ids), QUERY_SIZE):
        contents = list(pending.filter(post_id__in=ids[start : start + QUERY_SIZE]).select_related("post"))
        # their addresses live for hours, so they are asked for when they are needed and kept nowhere
        addresses = api.video_query([content.post.tiktok_id for content in contents], VideoCover) if contents else {}
        tried: list[PostContent] = []
        try:
            for content in contents:
                if troubles >= MAX_TROUBLES_IN_A_ROW:
                    return True
                if not go_on():
                    return False
                require_service(api.account_id)
                address = addresses.get(content.post.tiktok_id)
                troubles = 0 if _try_cover(content, address.cover_image_url if address else "") else troubles + 1
                tried.append(content)
        finally:
            _save(api.account_id, tried)
    return True


def _try_cover(content: PostContent, url: str) -> bool:
    """Measure the cover at the address, in memory; False if its host was in trouble."""
    content.cover_attempts += 1
    try:
        if not url:
            raise CoverUnavailable("TikTok gave no address")
        _set_measures(content, measure_cover(fetch_cover(url)))
    except (CoverUnavailable, UnreadableImage) as error:
        log.info("cover_failed", post=content.post.public_id, attempt=content.cover_attempts, reason=str(error))
        if content.cover_attempts >= MAX_ATTEMPTS:
            content.cover_state = PostContent.Cover.UNAVAILABLE
        return not isinstance(error, CoverHostTroubled)
    return True


def _set_measures(content: PostContent, measures: CoverMeasures) -> None:
    content.cover_state = PostContent.Cover.MEASURED
    content.cover_brightness = measures.brightness
    content.cover_contrast = measures.contrast
    content.cover_saturation = measures.saturation
    content.cover_colourfulness = measures.colourfulness
    content.cover_sharpness = measures.sharpness


def _save(account_id: int, contents: Iterable[PostContent]) -> None:
    contents = list(contents)
    if not contents:
        return
    with transaction.atomic():
        lock_account(account_id)
        for content in contents:
            content.save(
                update_fields=[
                    "cover_state",
                    "cover_attempts",
                    "cover_brightness",
                    "cover_contrast",
                    "cover_saturation",
                    "cover_colourfulness",
                    "cover_sharpness",
                ]
            )
        if any(content.cover_state == PostContent.Cover.MEASURED for content in contents):
            record_change(account_id, timezone.now())
