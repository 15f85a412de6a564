"""A TikTok that answers from memory: its wire as `accounts.tiktok.client.send` sees it, without a connection."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from config.outside.client import Answer

CAPTION = "A caption about lighthouses"
PAGE = 2
"""Posts on each of the two pages."""


class TikTokFromMemory:
    """A few posts in two pages. `asked` counts the calls by path, those for keys by how they are asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.between: Callable[[], None] | None = None
        """Called while the second page is on its way."""

    @property
    def calls(self) -> int:
        """The calls that read of an account or renew the keys to it: those that need consent."""
        return sum(self.asked.values()) - self.asked["authorization_code"] - self.asked["/v2/oauth/revoke/"]

    def send(self, method: str, path: str, **options: Any) -> Answer:
        """Answer in place of `accounts.tiktok.client.send`."""
        form = options.get("form") or {}
        self.asked[form.get("grant_type", path)] += 1
        if path == "/v2/oauth/token/":
            return _response(self._grant(form))
        if path == "/v2/oauth/revoke/":
            return _response({})
        return _response({"data": self._data(path, options.get("json_body") or {}), "error": {"code": "ok"}})

    def _grant(self, form: dict[str, str]) -> dict[str, Any]:
        return {
            # the code says who agreed; a renewal need not say whose keys it renews
            "open_id": form.get("code"),
            "scope": "user.info.basic,user.info.stats,video.list",
            "access_token": "act.token",
            "expires_in": 86_400,
            "refresh_token": "rft.token",
            "refresh_expires_in": 864_000,
        }

    def _data(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/v2/user/info/":
            return {"user": {"display_name": "Somebody", "follower_count": self.asked[path], "video_count": 2 * PAGE}}
        now = int(timezone.now().timestamp())
        if path == "/v2/video/query/":
            return {"videos": [_video(int(number), now) for number in body["filters"]["video_ids"]]}
        first = body.get("cursor") is None
        if self.between and not first:
            self.between()
        videos = [_video(number, now) for number in (range(PAGE) if first else range(PAGE, 2 * PAGE))]
        return {"videos": videos, "cursor": (now - 20 * 86_400) * 1000, "has_more": first}


def _video(number: int, now: int) -> dict[str, Any]:
    published = now - (2 + number) * 86_400
    return {"id": str(number), "create_time": published, "video_description": CAPTION, "like_count": 10 + number}


def _response(answer: dict[str, Any]) -> Answer:
    return Answer(200, {}, json.dumps(answer).encode())
