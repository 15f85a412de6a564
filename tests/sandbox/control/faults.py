"""Faults on demand for the next requests to an endpoint."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

Refusal = Literal["invalid_params", "scope_not_authorized"]
Harm = Literal["truncated", "slow", "html", "drip", "bomb", "odd"]
Kind = Literal["429", "500", "timeout", "expired_token", "revoked_grant"] | Refusal | Harm
Endpoint = Literal["user/info", "video/list", "video/query", "oauth/token", "oauth/revoke", "cover", "*"]


class Fault(BaseModel):
    """An order to make `times` requests (null: all) to `endpoint` fail, after `after` that succeed."""

    model_config = ConfigDict(extra="forbid")
    endpoint: Endpoint = "*"
    kind: Kind
    times: int | None = Field(1, ge=1)
    after: int = Field(0, ge=0)
    # "slow": the delay; "timeout": how long the connection is held at least; "drip": how long the whole answer takes
    seconds: float = Field(2.0, ge=0, le=120)
    retry_after: str = ""  # the header that comes with the answer
    changes: dict[str, Any] = {}  # "odd": members of the answer's first video, of its user, or of the answer

    def concerns(self, endpoint: str) -> bool:
        """Whether the fault applies to this endpoint."""
        return self.endpoint in ("*", endpoint)


class FaultBoard:
    """The pending faults, in the order in which they were added."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, endpoint: str) -> Fault | None:
        """Return the fault for this request, or None; the first one that is due wins."""
        due = None
        for fault in [fault for fault in self.waiting if fault.concerns(endpoint)]:
            if fault.after:
                fault.after -= 1
            elif due is None:
                due = fault
        if due and due.times is not None:
            due.times -= 1
            if not due.times:
                self.waiting.remove(due)
        return due


async def never_answer(request: Request, seconds: float) -> Response:
    """Hold the connection until the client disconnects; answer 504 after `seconds`, as a proxy does."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        pass
    return html_page(504, "Gateway Time-out")


def truncated(response: Response) -> Response:
    """Return the first half of the body, as if the connection had been cut; the request took effect."""
    body = bytes(response.body)
    return Response(body[: len(body) // 2], response.status_code, media_type=response.media_type or "application/json")


def html_page(status: int = 502, title: str = "Bad Gateway") -> Response:
    """Return an HTML error page, as a proxy in front of TikTok answers."""
    return HTMLResponse(f"<html><title>{title}</title><body><h1>{status} {title}</h1></body></html>", status)


def dripped(response: Response, seconds: float) -> Response:
    """Return the right answer a byte at a time."""
    body = bytes(response.body)

    async def pieces() -> AsyncIterator[bytes]:
        for i in range(len(body)):
            yield body[i : i + 1]
            await asyncio.sleep(seconds / len(body))

    return StreamingResponse(pieces(), response.status_code, media_type=response.media_type)


@cache
def _bomb() -> bytes:
    return gzip.compress(gzip.compress(bytes(50_000_000), 6), 9)


def bomb() -> Response:
    """Return some kilobytes that say they are to be unpacked twice, to 50 MB."""
    return Response(_bomb(), headers={"Content-Encoding": "gzip, gzip"}, media_type="application/json")


def with_odd_values(response: Response, changes: dict[str, Any]) -> Response:
    """Return the right answer but for some members of its first video, of its user, or of itself."""
    answer = json.loads(bytes(response.body))
    data = answer.get("data", answer)
    if data.get("videos"):
        data["videos"][0] |= changes
    else:
        data.get("user", data).update(changes)
    return Response(json.dumps(answer), response.status_code, media_type="application/json")
