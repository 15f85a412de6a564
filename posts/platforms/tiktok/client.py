"""The Display API on behalf of one account: tokens, scopes, limits, retries, and answers read field by field."""

from collections.abc import Collection, Iterable
from typing import Any

import stamina
import structlog

from accounts.credentials.services import (
    access_token,
    forget_scope,
    invalidate_access_token,
    require_scope,
)
from accounts.tiktok.client import USER_FIELDS, VIDEO_SCOPE, Profile, send, tell_unreadable
from accounts.tiktok.errors import AccessTokenInvalid, ScopeMissing, TikTokError, parse_envelope, pause_before_retry
from accounts.tiktok.lenient import Unreadable
from posts.platforms.base import FetchedCounts, FetchedPage, Urgency
from posts.platforms.tiktok.covers import fetch_cover
from posts.platforms.tiktok.limits import wait_for_turn
from posts.platforms.tiktok.wire import SomeVideo, Video, VideoCounts, VideoCover, read_page, read_videos

log = structlog.get_logger(__name__)

PAGE_SIZE = 20
QUERY_SIZE = 20
ATTEMPTS = 4
LONGEST_TRYING_S = 30
"""No attempt begins later."""


class DisplayAPI:
    """TikTok as a `posts.platforms.base.Platform`."""

    batch_size = QUERY_SIZE

    def __init__(self, account_id: int, urgency: Urgency = Urgency.REFRESH) -> None:
        self.account_id = account_id
        self.urgency = urgency

    def profile(self, scopes: Collection[str]) -> Profile:
        """Return the profile, as far as the scopes reach.

        Where TikTok refuses them together they are asked for one by one, so that the one it means is known from then
        on. Raise ScopeMissing when none is left.
        """
        wanted = [scope for scope in USER_FIELDS if scope in scopes]
        if not wanted:
            raise ScopeMissing("scope_not_granted", "no scope for the profile")
        try:
            return Profile.read(self._user(wanted))
        except ScopeMissing:
            if len(wanted) == 1:
                forget_scope(account_id=self.account_id, scope=wanted[0])
                raise
        members: dict[str, Any] = {}
        for scope in wanted:
            try:
                members |= self._user([scope])
            except ScopeMissing:
                forget_scope(account_id=self.account_id, scope=scope)
        return Profile.read(members)

    def page(self, cursor: int | None) -> FetchedPage:
        """Return the page of videos that begins at `cursor` (ms), or the newest one."""
        body: dict[str, Any] = {"max_count": PAGE_SIZE}
        if cursor is not None:
            body["cursor"] = cursor
        page, unreadable = read_page(self._call("POST", "/v2/video/list/", Video.fields_to_ask(), body))
        tell_unreadable("video/list", unreadable, skipped=page.skipped)
        return page

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

    def _user(self, scopes: Collection[str]) -> Any:
        fields = ",".join(field for scope in scopes for field in USER_FIELDS[scope])
        return self._call("GET", "/v2/user/info/", fields).get("user")

    def _query(self, ids: Iterable[str], kind: type[SomeVideo]) -> dict[str, SomeVideo]:
        """Return the videos by id. One that is missing although an entry was unreadable is asked for alone.

        Alone, any entry is that video's: an answer that cannot be read must not look like a deleted video.
        """
        ids = list(ids)
        if len(ids) > QUERY_SIZE:
            raise ValueError(f"{len(ids)} ids; TikTok takes at most {QUERY_SIZE} at once")
        found, skipped = self._query_once(ids, kind)
        if skipped:
            for id in set(ids) - set(found):
                alone, unreadable = self._query_once([id], kind)
                if unreadable and id not in alone:
                    alone[id] = kind(id=id)
                found |= alone
        return {id: video for id, video in found.items() if id in ids}

    def _query_once(self, ids: list[str], kind: type[SomeVideo]) -> tuple[dict[str, SomeVideo], int]:
        data = self._call("POST", "/v2/video/query/", kind.fields_to_ask(), {"filters": {"video_ids": ids}})
        unreadable = Unreadable()
        videos, skipped = read_videos(kind, data, unreadable)
        tell_unreadable("video/query", unreadable, skipped=skipped)
        return videos, skipped

    def _call(self, method: str, path: str, fields: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        for_videos = path.startswith("/v2/video/")
        if for_videos:
            require_scope(account_id=self.account_id, scope=VIDEO_SCOPE)
        try:
            return self._with_token(method, path, fields, body)
        except ScopeMissing:
            if for_videos:
                forget_scope(account_id=self.account_id, scope=VIDEO_SCOPE)
            raise

    def _with_token(self, method: str, path: str, fields: str, body: dict[str, Any] | None) -> dict[str, Any]:
        token = access_token(account_id=self.account_id)
        try:
            return self._retried(method, path, fields, body, token)
        except TikTokError as error:
            if not _refuses_token(error):
                raise
            invalidate_access_token(account_id=self.account_id, token=token)
            return self._retried(method, path, fields, body, access_token(account_id=self.account_id))

    def _retried(self, method: str, path: str, fields: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
        """Send the request, again where that can help: none of these calls changes anything at TikTok."""
        for attempt in stamina.retry_context(
            on=pause_before_retry, attempts=ATTEMPTS, timeout=LONGEST_TRYING_S, wait_initial=0.3, wait_max=5.0
        ):
            with attempt:
                wait_for_turn(path, urgency=self.urgency)
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


def _refuses_token(error: TikTokError) -> bool:
    """Return whether another token may help: a 401 says so by its status, whatever word TikTok has for it."""
    return isinstance(error, AccessTokenInvalid) or (error.status == 401 and not isinstance(error, ScopeMissing))


def _ask(method: str, path: str, fields: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    return parse_envelope(send(method, path, params={"fields": fields}, json_body=body, headers=headers))
