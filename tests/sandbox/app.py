"""The ASGI application: every endpoint of the wire with its faults, limits and log, and the control API."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.sandbox.context import Sandbox, Settings, sandbox_of
from tests.sandbox.control import endpoints as control
from tests.sandbox.control import faults
from tests.sandbox.control.request_log import Entry, RequestLog
from tests.sandbox.wire import consent, display, oauth
from tests.sandbox.wire.envelopes import DisplayError, OAuthError, display_error, new_log_id, oauth_error
from tests.sandbox.wire.grants import fingerprint

Handler = Callable[[Request], Awaitable[Response]]
Family = Literal["display", "oauth", "file"]


class FileError(Exception):
    """An error of the host that serves pictures; it has no envelope."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def create_app(settings: Settings) -> Starlette:
    """Return the sandbox as an ASGI application."""
    routes = [
        Route("/v2/auth/authorize/", consent.ask, methods=["GET"]),
        Route("/v2/auth/authorize/", consent.decide, methods=["POST"]),
        _wire("POST", "/v2/oauth/token/", "oauth/token", "oauth", oauth.token),
        _wire("POST", "/v2/oauth/revoke/", "oauth/revoke", "oauth", oauth.revoke),
        _wire("GET", "/v2/user/info/", "user/info", "display", display.user_info),
        _wire("POST", "/v2/video/list/", "video/list", "display", display.video_list),
        _wire("POST", "/v2/video/query/", "video/query", "display", display.video_query),
        _wire("GET", "/cover/{handle}/{post_id:int}.jpg", "cover", "file", display.cover),
        Route("/avatar/{handle}.jpg", display.avatar),
        *control.ROUTES,
    ]
    app = Starlette(routes=routes)
    app.state.sandbox = Sandbox(settings)
    return app


def _wire(method: str, path: str, endpoint: str, family: Family, handler: Handler) -> Route:
    async def answer(request: Request) -> Response:
        sandbox, log_id = sandbox_of(request), new_log_id()
        # a reset starts a new log; a request that came before it belongs to the old one, however late its answer
        log = sandbox.log
        request.state.log_id = log_id
        # read the body now: waiting for a disconnect later would consume it
        await _form(request)
        fault = sandbox.faults.take(endpoint)
        try:
            response = await _handle(request, endpoint, family, handler, fault)
        except DisplayError as error:
            response = display_error(error, log_id)
        except OAuthError as error:
            response = oauth_error(error, log_id)
        except FileError as error:
            response = PlainTextResponse("refused", error.status)
        if fault and fault.retry_after:
            response.headers["Retry-After"] = fault.retry_after
        await _note(request, log, endpoint, response.status_code, fault)
        return response

    return Route(path, answer, methods=[method])


async def _handle(
    request: Request, endpoint: str, family: Family, handler: Handler, fault: faults.Fault | None
) -> Response:
    sandbox = sandbox_of(request)
    match fault.kind if fault else None:
        case "429":
            raise _refusal(family, "rate_limit_exceeded")
        case "500":
            raise _refusal(family, "internal_error")
        case "invalid_params" | "scope_not_authorized" as code:
            raise _refusal(family, code)
        case "html":
            return faults.html_page()
        case "timeout" if fault:
            return await faults.never_answer(request, max(fault.seconds, 60.0))
        case "expired_token":
            raise _refusal(family, "access_token_invalid")
        case "bomb":
            return faults.bomb()
        case "revoked_grant":
            await _revoke_silently(request, sandbox)
            raise _refusal(family, "access_token_invalid")
        case "slow" if fault:
            await asyncio.sleep(fault.seconds)
    if family == "display" and not sandbox.limits.admits(endpoint):
        raise _refusal(family, "rate_limit_exceeded")
    response = await handler(request)
    match fault.kind if fault else None:
        case "truncated":
            return faults.truncated(response)
        case "drip" if fault:
            return faults.dripped(response, fault.seconds)
        case "odd" if fault:
            return faults.with_odd_values(response, fault.changes)
    return response


def _refusal(family: Family, code: str) -> Exception:
    if family == "display":
        return DisplayError(code, f"The request failed: {code}.")
    status = {"rate_limit_exceeded": 429, "internal_error": 500}.get(code)
    if family == "file":
        return FileError(status or 403)
    if status is None:
        return OAuthError("invalid_grant", "The token or code is expired or revoked.")
    return OAuthError(code, f"The request failed: {code}.", status)


async def _revoke_silently(request: Request, sandbox: Sandbox) -> None:
    """End the grant behind the request without a webhook; the client learns of it from the response."""
    form = await _form(request)
    grant = sandbox.grants.find_any(display.bearer(request) or form.get("refresh_token", "") or form.get("token", ""))
    if grant:
        sandbox.grants.withdraw(grant.creator)
        sandbox.save()


async def _note(request: Request, log: RequestLog, endpoint: str, status: int, fault: faults.Fault | None) -> None:
    form = await _form(request)
    log.add(
        Entry(
            endpoint=endpoint,
            at=time.time(),
            status=status,
            log_id=request.state.log_id,
            fault=fault.kind if fault else "",
            creator=getattr(request.state, "creator", ""),
            grant_type=form.get("grant_type", ""),
            access_token=getattr(request.state, "issued", "") or fingerprint(display.bearer(request)),
            refresh_token=fingerprint(form.get("refresh_token", "")),
        )
    )


async def _form(request: Request) -> dict[str, str]:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
