"""Faults on demand: what goes wrong with the next requests to an endpoint."""

import asyncio
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

Kind = Literal["429", "500", "timeout", "truncated", "expired_token", "revoked_grant", "slow", "html"]
Endpoint = Literal["user/info", "video/list", "video/query", "oauth/token", "oauth/revoke", "cover", "*"]


class Fault(BaseModel):
    """`times` requests to `endpoint` (null: all) go wrong, once `after` of them have gone well."""

    model_config = ConfigDict(extra="forbid")
    endpoint: Endpoint = "*"
    kind: Kind
    times: int | None = Field(1, ge=1)
    after: int = Field(0, ge=0)
    seconds: float = Field(2.0, ge=0, le=120)  # "slow": the delay. "timeout": the least a client has to wait

    def concerns(self, endpoint: str) -> bool:
        """Whether requests to this endpoint count."""
        return self.endpoint in ("*", endpoint)


class FaultBoard:
    """The faults that are still to come, in the order in which they were ordered."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, endpoint: str) -> Fault | None:
        """The fault of this request, if any; the first one that is due wins."""
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
    """Hold the line until the client hangs up, or for the given time, as a proxy does before it gives up."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        pass
    return html_page(504, "Gateway Time-out")


def truncated(response: Response) -> Response:
    """The first half of the body, as if the connection had been cut cleanly; what the request did has been done."""
    body = bytes(response.body)
    return Response(body[: len(body) // 2], response.status_code, media_type=response.media_type or "application/json")


def html_page(status: int = 502, title: str = "Bad Gateway") -> Response:
    """What a proxy says in TikTok's place."""
    return HTMLResponse(f"<html><title>{title}</title><body><h1>{status} {title}</h1></body></html>", status)
