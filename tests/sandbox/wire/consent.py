"""The consent page: choose a creator and grant some of the requested scopes."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from tests.sandbox.context import Sandbox, Settings, sandbox_of
from tests.sandbox.wire.display import SCOPES

ALWAYS_GRANTED = "user.info.basic"
MEANINGS = {
    "user.info.basic": "Your name and avatar",
    "user.info.profile": "Your profile: handle, bio, whether verified",
    "user.info.stats": "Your figures: followers, likes, number of posts",
    "video.list": "Your public posts and their counts",
}
_templates = Jinja2Templates(directory=Path(__file__).parent / "pages")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")


async def ask(request: Request) -> Response:
    """Show the page: GET /v2/auth/authorize/."""
    sandbox, query = sandbox_of(request), request.query_params
    problems = problems_of(query, sandbox.settings)
    if problems:
        return _templates.TemplateResponse(request, "problem.html", {"problems": problems}, 400)
    requested = _requested_scopes(query)
    shown = {
        "client_key": query["client_key"],
        "returns_to": urlsplit(query["redirect_uri"]).netloc,
        "choices": _choices(sandbox),
        "scopes": [(scope, MEANINGS[scope]) for scope in SCOPES if scope in requested],
        "required_scope": ALWAYS_GRANTED,
    }
    return _templates.TemplateResponse(request, "consent.html", shown)


async def decide(request: Request) -> Response:
    """Redirect to the app with a code or access_denied: POST /v2/auth/authorize/, the form of the page."""
    sandbox, query, form = sandbox_of(request), request.query_params, await request.form()
    creator = str(form.get("creator", ""))
    problems = problems_of(query, sandbox.settings)
    allowed = form.get("decision") == "allow"
    if allowed and creator not in sandbox.world.creators:
        problems.append(f"there is no creator {creator!r} to sign in as")
    if problems:
        return _templates.TemplateResponse(request, "problem.html", {"problems": problems}, 400)
    if not allowed:
        refusal = {
            "error": "access_denied",
            "error_description": "The user denied the request",
            "error_type": "consent",
        }
        return _back(query, refusal)
    granted = [scope for scope in _requested_scopes(query) if scope in form.getlist("scope") or scope == ALWAYS_GRANTED]
    challenge = query.get("code_challenge", "")
    code = sandbox.grants.issue_code(creator, tuple(granted), query["redirect_uri"], challenge)
    return _back(query, {"code": code, "scopes": ",".join(granted)})


def problems_of(query: Mapping[str, str], settings: Settings) -> list[str]:
    """Return the problems of an authorisation request in words; empty if there are none."""
    problems = []
    if query.get("client_key") != settings.client_key:
        problems.append("client_key is not the key of an app that is registered here")
    if query.get("response_type") != "code":
        problems.append("response_type must be code")
    if not query.get("state"):
        problems.append("state is missing: the app would be open to request forgery")
    unknown = [scope for scope in _requested_scopes(query) if scope not in SCOPES]
    if not query.get("scope"):
        problems.append("scope is missing: expected a comma-separated list")
    elif unknown:
        problems.append(
            f"unknown scope {', '.join(unknown)}: expected some of {', '.join(SCOPES)}, separated by commas"
        )
    redirect_uri = query.get("redirect_uri", "")
    if settings.redirect_uris and redirect_uri not in settings.redirect_uris:
        registered = " or ".join(settings.redirect_uris)
        problems.append(f"redirect_uri {redirect_uri!r} is not registered; it must equal {registered}")
    elif not settings.redirect_uris and not _is_local(redirect_uri):
        problems.append(f"redirect_uri {redirect_uri!r} must be an http(s) address on this machine")
    return problems + _challenge_problems(query)


def _challenge_problems(query: Mapping[str, str]) -> list[str]:
    challenge = query.get("code_challenge")
    if challenge is None:
        return []
    problems = []
    if not _HEX_SHA256.fullmatch(challenge):
        problems.append(
            "code_challenge must be the SHA-256 of the verifier in hex (64 characters 0-9a-f): "
            "TikTok does not take the base64url form that RFC 7636 describes"
        )
    if query.get("code_challenge_method") != "S256":
        problems.append("code_challenge_method must be S256")
    return problems


def _requested_scopes(query: Mapping[str, str]) -> list[str]:
    named = [scope.strip() for scope in query.get("scope", "").split(",") if scope.strip()]
    return list(dict.fromkeys([ALWAYS_GRANTED, *named]))


def _is_local(uri: str) -> bool:
    """Whether it is a loopback address, or a name without a dot, such as localhost."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.fragment:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host


def _choices(sandbox: Sandbox) -> list[dict[str, object]]:
    world = sandbox.world
    return [
        {
            "handle": creator.handle,
            "name": creator.display_name,
            "oddity": creator.oddity,
            "followers": _short(world.followers(creator)),
            "posts": world.number_of_posts(creator),
        }
        for creator in world.creators.values()
    ]


def _short(count: int) -> str:
    if count < 10_000:
        return f"{count:,}"
    return f"{count / 1_000_000:.1f}M" if count >= 1_000_000 else f"{count / 1000:.0f}k"


def _back(query: Mapping[str, str], answer: dict[str, str]) -> Response:
    uri = query["redirect_uri"]
    joint = "&" if urlsplit(uri).query else "?"
    return RedirectResponse(f"{uri}{joint}{urlencode({**answer, 'state': query['state']})}", 302)
