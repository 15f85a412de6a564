"""The Display API: user info, video list, video query, and the cover images that they point to."""

import json
import random
from collections.abc import Container
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.sandbox.context import Sandbox, sandbox_of
from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator
from tests.sandbox.simulation.effects import Ints
from tests.sandbox.simulation.simulator import Posts
from tests.sandbox.wire import covers
from tests.sandbox.wire.envelopes import DisplayError, display_answer
from tests.sandbox.wire.grants import Grant, open_id, union_id

USER_FIELDS = {
    "user.info.basic": ("open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"),
    "user.info.profile": ("bio_description", "profile_deep_link", "is_verified", "username"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
SCOPES = (*USER_FIELDS, "video.list")
SCOPE_OF = {name: scope for scope, names in USER_FIELDS.items() for name in names}
VIDEO_FIELDS = [
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "title",
    "duration",
    "height",
    "width",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
    "is_aigc",
]
MAX_COUNT = 20
_SHORT_PAGES = 0.2  # share of pages with fewer posts than requested


async def user_info(request: Request) -> Response:
    """Return the requested fields of the profile: GET /v2/user/info/."""
    sandbox, grant = authorised(request)
    fields = _fields(request, SCOPE_OF)
    for name in fields:
        _require_scope(grant, SCOPE_OF[name])
    profile = _profile(sandbox, sandbox.world.creators[grant.creator], str(request.base_url))
    return _ok(request, {"user": {name: profile[name] for name in fields}})


async def video_list(request: Request) -> Response:
    """Return a page of posts published before the cursor (ms), newest first: POST /v2/video/list/."""
    sandbox, grant = authorised(request, "video.list")
    fields, body = _fields(request, VIDEO_FIELDS), await _json_object(request)
    cursor = _integer(body, "cursor", default=None, low=0, high=2**63 - 1)
    wanted = _integer(body, "max_count", default=10, low=1, high=MAX_COUNT) or 10
    posts, counts = sandbox.world.posts(sandbox.world.creators[grant.creator])
    # a cursor of 0 means "from the newest", as no cursor does
    pinned, unlisted = sandbox.state.pinned, sandbox.state.unlisted
    ids = posts.ids.tolist()
    listed = [(row, made) for row, made in enumerate(posts.posted_at.tolist()) if ids[row] not in {*pinned, *unlisted}]
    older = [row for row, made in listed if not cursor or made * 1000 < cursor]
    page = older[: _page_size(sandbox, grant.creator, cursor or 0, wanted)]
    first = [row for row, post_id in enumerate(ids) if post_id in pinned] if not cursor else []
    videos = _videos(request, sandbox, grant.creator, posts, counts, [*first, *page], fields)
    after = int(posts.posted_at[page[-1]]) * 1000 if page else cursor or 0
    return _ok(request, {"videos": videos, "cursor": after, "has_more": len(older) > len(page)})


async def video_query(request: Request) -> Response:
    """Return the creator's public posts among the ids, without the unknown ones: POST /v2/video/query/."""
    sandbox, grant = authorised(request, "video.list")
    fields, body = _fields(request, VIDEO_FIELDS), await _json_object(request)
    filters = body.get("filters")
    ids = filters.get("video_ids") if isinstance(filters, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_COUNT or not all(isinstance(name, str) for name in ids):
        raise DisplayError("invalid_params", f"filters.video_ids must be a list of 1 to {MAX_COUNT} texts")
    posts, counts = sandbox.world.posts(sandbox.world.creators[grant.creator])
    unlisted = sandbox.state.unlisted
    rows = [row for row, post_id in enumerate(posts.ids.tolist()) if str(post_id) in ids and post_id not in unlisted]
    return _ok(request, {"videos": _videos(request, sandbox, grant.creator, posts, counts, rows, fields)})


async def cover(request: Request) -> Response:
    """Serve a cover, or 403 once its address has expired: GET /cover/<handle>/<id>.jpg."""
    sandbox, post_id = sandbox_of(request), int(request.path_params["post_id"])
    expires, signature = (request.query_params.get(name, "") for name in ("x-expires", "x-signature"))
    secret, now = sandbox.settings.client_secret, sandbox.world.now()
    if not covers.may_see(secret, post_id, expires, signature, now):
        return PlainTextResponse("URL signature expired", 403)
    creator = sandbox.world.creators.get(request.path_params["handle"])
    measures = _cover_measures(sandbox, creator, post_id) if creator else []
    if not measures:
        return PlainTextResponse("not found", 404)
    return Response(covers.draw(post_id, *measures[0]), media_type="image/jpeg")


async def avatar(request: Request) -> Response:
    """Serve an avatar: GET /avatar/<handle>.jpg."""
    creator = sandbox_of(request).world.creators.get(request.path_params["handle"])
    if creator is None:
        return PlainTextResponse("not found", 404)
    return Response(covers.draw(creator.index, 0.6, 0.5, 0.4), media_type="image/jpeg")


def authorised(request: Request, scope: str = "user.info.basic") -> tuple[Sandbox, Grant]:
    """Return the sandbox and the grant of the bearer token; DisplayError unless it has the scope."""
    sandbox = sandbox_of(request)
    grant = sandbox.grants.find_access(bearer(request))
    if grant is None:
        raise DisplayError("access_token_invalid", "The access token is invalid or not found in the request.")
    request.state.creator = grant.creator
    _require_scope(grant, scope)
    return sandbox, grant


def bearer(request: Request) -> str:
    """Return the access token of the Authorization header, or an empty string."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _cover_measures(sandbox: Sandbox, creator: Creator, post_id: int) -> list[list[float]]:
    """Return brightness, saturation and contrast of the creator's public post: one row, or none."""
    posts, _ = sandbox.world.posts(creator)
    measures: list[list[float]] = posts.content.cover[posts.ids == post_id].tolist()
    return measures


def _require_scope(grant: Grant, scope: str) -> None:
    if scope not in grant.scopes:
        raise DisplayError("scope_not_authorized", f"The user did not authorize the scope required: {scope}.")


def _ok(request: Request, data: dict[str, Any]) -> JSONResponse:
    return display_answer(data, request.state.log_id)


def _fields(request: Request, known: Container[str]) -> list[str]:
    fields = [name for name in request.query_params.get("fields", "").split(",") if name]
    if not fields:
        raise DisplayError("invalid_params", "Fields is required in query parameters.")
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise DisplayError("invalid_params", f"Invalid fields: {', '.join(unknown)}.")
    return fields


async def _json_object(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise DisplayError("invalid_params", f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise DisplayError("invalid_params", "The body must be a JSON object.")
    return body


def _integer(body: dict[str, Any], name: str, *, default: int | None, low: int, high: int) -> int | None:
    value = body.get(name, default)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DisplayError("invalid_params", f"{name} must be an integer from {low} to {high}.")
    return value


def _page_size(sandbox: Sandbox, creator: str, cursor: int, wanted: int) -> int:
    """Return the requested size, except for some pages, always the same, that are shorter."""
    chance = random.Random(f"{sandbox.settings.seed}/{creator}/{cursor}")
    return chance.randint(1, wanted) if chance.random() < _SHORT_PAGES else wanted


def _profile(sandbox: Sandbox, creator: Creator, base_url: str) -> dict[str, Any]:
    posts, counts = sandbox.world.posts(creator)
    avatar_url = f"{base_url}avatar/{creator.handle}.jpg"
    return {
        "open_id": open_id(creator.handle, sandbox.settings.client_key),
        "union_id": union_id(creator.handle),
        "avatar_url": avatar_url,
        "avatar_url_100": avatar_url,
        "avatar_large_url": avatar_url,
        "display_name": creator.display_name,
        "bio_description": f"{creator.topic} · new posts most weeks",
        "profile_deep_link": f"https://www.tiktok.com/@{creator.handle}",
        "is_verified": creator.is_verified,
        "username": creator.handle,
        "follower_count": sandbox.world.followers(creator),
        "following_count": creator.following,
        "likes_count": int(counts[:, 0].sum()),
        "video_count": len(posts),
    }


def _videos(
    request: Request, sandbox: Sandbox, handle: str, posts: Posts, counts: Ints, rows: list[int], fields: list[str]
) -> list[dict[str, Any]]:
    secret, now, base_url = sandbox.settings.client_secret, sandbox.world.now(), str(request.base_url).rstrip("/")
    videos = []
    for row in rows:
        cover_url = base_url + covers.signed_path(secret, handle, int(posts.ids[row]), now)
        video = _video(handle, posts, row, counts[row].tolist(), cover_url)
        videos.append({name: video[name] for name in fields})
    return videos


def _video(handle: str, posts: Posts, row: int, counts: list[int], cover_url: str) -> dict[str, Any]:
    post_id, caption = int(posts.ids[row]), posts.captions[row]
    likes, comments, shares, views = counts
    link = f"https://www.tiktok.com/@{handle}/video/{post_id}"
    return {
        "id": str(post_id),
        "create_time": int(posts.posted_at[row]),
        "cover_image_url": cover_url,
        "share_url": f"{link}?utm_campaign=tt4d_open_api&utm_source=sandbox",
        "video_description": caption[: captions.MAX_RETURNED],
        "title": captions.body(caption)[: captions.MAX_RETURNED],
        "duration": int(posts.content.duration_s[row]),
        "height": 1024,
        "width": 576,
        "embed_html": f'<blockquote class="tiktok-embed" cite="{link}" data-video-id="{post_id}"></blockquote>',
        "embed_link": f"https://www.tiktok.com/player/v1/{post_id}",
        "like_count": likes,
        "comment_count": comments,
        "share_count": shares,
        "view_count": views,
        "is_aigc": False,
    }
