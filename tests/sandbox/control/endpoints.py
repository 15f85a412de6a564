"""The control and truth endpoints under /_sandbox/: JSON, without sign-in, from this machine only.

README.md lists them; orders.py defines their bodies. Unknown members are refused.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.context import Sandbox, sandbox_of
from tests.sandbox.control import orders, truth
from tests.sandbox.control.faults import Fault
from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator
from tests.sandbox.wire.grants import open_id
from tests.sandbox.world import NEUTRAL_COVER

Handler = Callable[[Request], Awaitable[Response]]
OrderT = TypeVar("OrderT", bound=BaseModel)


class ControlError(Exception):
    """An order that cannot be carried out."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def creator_of(sandbox: Sandbox, handle: str) -> Creator:
    """Return the creator with this handle; ControlError (404) if there is none."""
    if handle not in sandbox.world.creators:
        raise ControlError(f"no creator {handle!r}; GET /_sandbox/creators lists them", 404)
    return sandbox.world.creators[handle]


def draft_of(sandbox: Sandbox, order: orders.DraftOrder) -> truth.Draft:
    """Return the ordered draft; defaults are now, the creator's usual duration and a neutral cover."""
    creator, cover = creator_of(sandbox, order.creator), order.cover
    return truth.Draft(
        caption=order.caption,
        hashtags=tuple(tag.lower().lstrip("#") for tag in order.hashtags),
        duration_s=order.duration_s or round(creator.usual_duration_s),
        posted_at=int(sandbox.world.now()) if order.posted_at is None else order.posted_at,
        cover=(cover.brightness, cover.saturation, cover.contrast) if cover else NEUTRAL_COVER,
    )


async def creators(request: Request) -> Response:
    sandbox = sandbox_of(request)
    world, client_key = sandbox.world, sandbox.settings.client_key
    granted: dict[str, set[str]] = {}
    for grant in sandbox.state.grants:
        granted.setdefault(grant.creator, set()).update(grant.scopes)
    listed = [
        {
            "handle": creator.handle,
            "display_name": creator.display_name,
            "oddity": creator.oddity,
            "topic": creator.topic,
            "open_id": open_id(creator.handle, client_key),
            "followers": world.followers(creator),
            "posts": world.number_of_posts(creator),
            "utc_offset_h": creator.audience.utc_offset_h,
            "granted": sorted(granted.get(creator.handle, ())),
        }
        for creator in world.creators.values()
    ]
    return JSONResponse({"creators": listed})


async def posts(request: Request) -> Response:
    sandbox = sandbox_of(request)
    public, counts = sandbox.world.posts(creator_of(sandbox, request.path_params["handle"]))
    listed = [
        {
            "id": str(public.ids[row]),
            "posted_at": int(public.posted_at[row]),
            "caption": public.captions[row],
            "duration_s": int(public.content.duration_s[row]),
            "likes": int(counts[row, 0]),
        }
        for row in range(len(public))
    ]
    return JSONResponse({"posts": listed})


async def show_clock(request: Request) -> Response:
    clock = sandbox_of(request).state.clock
    return JSONResponse({"now": clock.now(), "speed": clock.speed, "epoch": sandbox_of(request).state.epoch})


async def set_clock(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.ClockOrder)
    sandbox.state.clock.advance(order.advance_s)
    if order.speed is not None:
        sandbox.state.clock.run_at(order.speed)
    sandbox.save()
    return await show_clock(request)


async def show_faults(request: Request) -> Response:
    return JSONResponse({"faults": [fault.model_dump() for fault in sandbox_of(request).faults.waiting]})


async def add_fault(request: Request) -> Response:
    sandbox_of(request).faults.waiting.append(await order_in(request, Fault))
    return await show_faults(request)


async def clear_faults(request: Request) -> Response:
    sandbox_of(request).faults.waiting.clear()
    return await show_faults(request)


async def set_tokens(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.TokensOrder)
    for name, seconds in order.model_dump(include={"access_s", "refresh_s", "code_s"}, exclude_none=True).items():
        setattr(sandbox.grants.lifetimes, name, seconds)
    if order.expire_access:
        sandbox.grants.expire_access(order.creator)
        sandbox.save()
    return JSONResponse(asdict(sandbox.grants.lifetimes))


async def set_limits(request: Request) -> Response:
    order = await order_in(request, orders.LimitsOrder)
    sandbox_of(request).limits.per_minute = order.per_minute
    return JSONResponse(order.model_dump())


async def show_webhooks(request: Request) -> Response:
    webhooks = sandbox_of(request).webhooks
    deliveries = [asdict(delivery) for delivery in webhooks.deliveries]
    about = {"url": webhooks.url, "duplicate": webhooks.duplicate, "under_way": webhooks.under_way}
    return JSONResponse({**about, "deliveries": deliveries})


async def set_webhooks(request: Request) -> Response:
    webhooks, order = sandbox_of(request).webhooks, await order_in(request, orders.WebhooksOrder)
    webhooks.url = webhooks.url if order.url is None else order.url
    webhooks.duplicate = webhooks.duplicate if order.duplicate is None else order.duplicate
    return await show_webhooks(request)


async def send_webhook(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.SendOrder)
    if not sandbox.webhooks.url:
        raise ControlError("no webhook address is set: start with --webhook-url or POST /_sandbox/webhooks")
    sandbox.webhooks.send(order.event, creator_of(sandbox, order.creator).handle, order.content)
    return JSONResponse({})


async def disconnect(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.DisconnectOrder)
    ended = sandbox.disconnect(creator_of(sandbox, order.creator).handle, order.reason)
    return JSONResponse({"grants_ended": ended})


async def publish(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.DraftOrder)
    draft = draft_of(sandbox, order)
    if not 0 <= draft.posted_at < 1 << 31:
        raise ControlError("posted_at must be in seconds since 1970 (UTC)")
    post_id = sandbox.world.publish(
        creator_of(sandbox, order.creator),
        caption=captions.with_tags(draft.caption, draft.hashtags),
        duration_s=draft.duration_s,
        posted_at=draft.posted_at,
        cover=draft.cover,
    )
    return JSONResponse({"id": str(post_id)})


async def delete(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.PostOrder)
    sandbox.world.delete(_public_post(sandbox, order.id))
    return JSONResponse({})


async def list_oddly(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.ListOrder)
    sandbox.world.list_oddly([int(each) for each in order.pinned], [int(each) for each in order.unlisted])
    return JSONResponse(order.model_dump())


async def make_counts_fall(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.FallOrder)
    sandbox.world.make_counts_fall(_public_post(sandbox, order.id), order.share)
    return JSONResponse({})


async def shift_audience(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.ShiftOrder)
    handle = creator_of(sandbox, order.creator).handle if order.creator else ""
    sandbox.world.shift_audience(handle, hours=order.hours, level=order.level)
    return JSONResponse({})


async def request_log(request: Request) -> Response:
    wanted = request.query_params.get("endpoint", "")
    entries = [asdict(entry) for entry in sandbox_of(request).log.entries if wanted in ("", entry.endpoint)]
    return JSONResponse({"requests": entries})


async def reset(request: Request) -> Response:
    sandbox_of(request).reset()
    return JSONResponse({})


async def true_draft(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.DraftOrder)
    creator, draft = creator_of(sandbox, order.creator), draft_of(sandbox, order)
    at_24h = truth.expectation(sandbox.world, creator, draft)
    return JSONResponse({"at_24h": at_24h, "effects_log": truth.effect_sizes(sandbox.world, creator, draft)})


async def true_effect(request: Request) -> Response:
    sandbox, order = sandbox_of(request), await order_in(request, orders.EffectOrder)
    if order.before.creator != order.after.creator:
        raise ControlError("before and after must name the same creator")
    creator = creator_of(sandbox, order.before.creator)
    before, after = draft_of(sandbox, order.before), draft_of(sandbox, order.after)
    return JSONResponse({"effect_pct": truth.change_pct(sandbox.world, creator, before, after)})


async def true_growth(request: Request) -> Response:
    sandbox, query = sandbox_of(request), request.query_params
    creator = creator_of(sandbox, query.get("creator", ""))
    return JSONResponse({"fraction": truth.growth(creator, _number(query.get("age_h", "24"), "age_h"))})


async def true_counts(request: Request) -> Response:
    """Return counts of `creator`'s post at a moment (`at`, seconds) or age (`age_h`), past or future."""
    sandbox, query = sandbox_of(request), request.query_params
    post_id = int(request.path_params["post_id"])
    posted_at = post_id >> 32
    at = posted_at + 3600 * _number(query["age_h"], "age_h") if "age_h" in query else None
    moment = at if at is not None else _number(query.get("at", str(sandbox.world.now())), "at")
    try:
        counts = sandbox.world.counts_of(creator_of(sandbox, query.get("creator", "")), post_id, moment)
    except KeyError as error:
        raise ControlError(f"the creator has no post {post_id}", 404) from error
    return JSONResponse(counts)


async def order_in(request: Request, model: type[OrderT]) -> OrderT:
    """Return the validated body; ControlError names the wrong members."""
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()]
        raise ControlError("; ".join(faults)) from error


def local_only(handler: Handler) -> Handler:
    """Wrap a handler: refuse callers on other machines, and answer a ControlError as JSON."""

    async def answer(request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not ipaddress.ip_address(host or "0.0.0.0").is_loopback:  # noqa: S104 - an address that is not loopback
            return JSONResponse({"error": "the control API answers callers on this machine only"}, 403)
        try:
            return await handler(request)
        except ControlError as error:
            return JSONResponse({"error": str(error)}, error.status)

    return answer


def _public_post(sandbox: Sandbox, post_id: str) -> int:
    if not post_id.isdigit() or sandbox.world.find(int(post_id)) is None:
        raise ControlError(f"no public post {post_id!r}", 404)
    return int(post_id)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ControlError(f"{name} must be a number, not {text!r}") from error


_ORDERS: list[tuple[str, str, Handler]] = [
    ("GET", "creators", creators),
    ("GET", "creators/{handle}/posts", posts),
    ("GET", "clock", show_clock),
    ("POST", "clock", set_clock),
    ("GET", "faults", show_faults),
    ("POST", "faults", add_fault),
    ("DELETE", "faults", clear_faults),
    ("POST", "tokens", set_tokens),
    ("POST", "limits", set_limits),
    ("GET", "webhooks", show_webhooks),
    ("POST", "webhooks", set_webhooks),
    ("POST", "webhooks/send", send_webhook),
    ("POST", "disconnect", disconnect),
    ("POST", "posts", publish),
    ("POST", "posts/delete", delete),
    ("POST", "posts/list_oddly", list_oddly),
    ("POST", "posts/make_counts_fall", make_counts_fall),
    ("POST", "shift_audience", shift_audience),
    ("GET", "requests", request_log),
    ("POST", "reset", reset),
    ("POST", "truth/draft", true_draft),
    ("POST", "truth/effect", true_effect),
    ("GET", "truth/growth", true_growth),
    ("GET", "truth/posts/{post_id:int}", true_counts),
]
ROUTES = [Route(f"/_sandbox/{path}", local_only(handler), methods=[method]) for method, path, handler in _ORDERS]
