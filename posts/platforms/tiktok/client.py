"""The Display API on behalf of one account: tokens, limits, retries, and answers checked against their types."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

import stamina
import structlog
from pydantic import BaseModel, ValidationError

from accounts.credentials.services import access_token, invalidate_access_token
from accounts.tiktok.client import USER_FIELDS, Profile, send
from accounts.tiktok.errors import (
    AccessTokenInvalid,
    TikTokError,
    TikTokRateLimited,
    TikTokUnavailable,
    parse_envelope,
)
from posts.platforms.base import FetchedCounts, FetchedPage
from posts.platforms.tiktok.covers import fetch_cover
from posts.platforms.tiktok.limits import wait_for_turn
from posts.platforms.tiktok.wire import Video, VideoCounts, VideoCover, VideoIdentity, VideoPage, public_ones

log = structlog.get_logger(__name__)

PAGE_SIZE = 20
QUERY_SIZE = 20
ATTEMPTS = 4
LONGEST_PAUSE_S = 5.0
"""A waiting worker does nothing else: longer pauses are the caller's, who can come back later."""

Answer = TypeVar("Answer", bound=BaseModel)
SomeVideo = TypeVar("SomeVideo", bound=VideoIdentity)


class DisplayAPI:
    """TikTok as a `posts.platforms.base.Platform`."""

    batch_size = QUERY_SIZE

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id

    def profile(self, scopes: Collection[str]) -> Profile:
        """Return the profile, as far as the granted scopes reach."""
        fields = [field for scope, names in USER_FIELDS.items() if scope in scopes for field in names]
        return Profile.read(self._call("GET", "/v2/user/info/", ",".join(fields)).get("user"))

    def page(self, cursor: int | None) -> FetchedPage:
        """Return the page of videos that begins at `cursor` (ms), or the newest one."""
        body: dict[str, Any] = {"max_count": PAGE_SIZE}
        if cursor is not None:
            body["cursor"] = cursor
        return _parse(VideoPage, self._call("POST", "/v2/video/list/", Video.fields_to_ask(), body)).as_fetched()

    def counts(self, ids: Iterable[str]) -> dict[str, FetchedCounts]:
        """Return the counts of the videos (at most `QUERY_SIZE`) that TikTok still shows to everybody, by id."""
        return {id: video.counts for id, video in self._query(ids, VideoCounts).items()}

    def cover_addresses(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the addresses of the videos' covers (at most `QUERY_SIZE`) by id. They are valid for hours."""
        covers = self._query(ids, VideoCover)
        return {id: video.cover_image_url for id, video in covers.items() if video.cover_image_url}

    def cover(self, address: str) -> bytes:
        """Download a cover, see `fetch_cover`."""
        return fetch_cover(address)

    def _query(self, ids: Iterable[str], kind: type[SomeVideo]) -> dict[str, SomeVideo]:
        ids = list(ids)
        if len(ids) > QUERY_SIZE:
            raise ValueError(f"{len(ids)} ids; TikTok takes at most {QUERY_SIZE} at once")
        data = self._call("POST", "/v2/video/query/", kind.fields_to_ask(), {"filters": {"video_ids": ids}})
        videos = data.get("videos", ())
        if not isinstance(videos, list):
            # an answer without the list must not look like one in which every video is gone
            raise TikTokUnavailable("unexpected_answer", "data.videos is not a list")
        parsed = [_parse(kind, video) for video in public_ones(videos)]
        return {video.id: video for video in parsed if video.id in ids}

    def _call(self, method: str, path: str, fields: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        token = access_token(account_id=self.account_id)
        try:
            return self._retried(method, path, fields, body, token)
        except AccessTokenInvalid:
            invalidate_access_token(account_id=self.account_id, token=token)
            return self._retried(method, path, fields, body, access_token(account_id=self.account_id))

    def _retried(self, method: str, path: str, fields: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
        """Send the request, again where that can help: none of these calls changes anything at TikTok."""
        for attempt in stamina.retry_context(
            on=_pause_before_retry, attempts=ATTEMPTS, timeout=30, wait_initial=0.3, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                wait_for_turn(path)
                try:
                    return _ask(method, path, fields, body, token)
                except TikTokError as error:
                    log.warning(
                        "tiktok_call_failed",
                        endpoint=path,
                        account_id=self.account_id,
                        attempt=attempt.num,
                        error=error.code,
                        status=error.status,
                        log_id=error.log_id,
                    )
                    raise
        raise AssertionError("retry_context returns or raises")


def _ask(method: str, path: str, fields: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    return parse_envelope(send(method, path, params={"fields": fields}, json=body, headers=headers))


def _pause_before_retry(error: Exception) -> bool | float:
    """Return whether to retry, or the seconds to wait before it."""
    if isinstance(error, TikTokRateLimited) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE_S else False
    return isinstance(error, TikTokError) and error.retryable


def _parse(kind: type[Answer], data: Any) -> Answer:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise TikTokUnavailable("unexpected_answer", f"{kind.__name__} {where}: {first['msg']}") from error
