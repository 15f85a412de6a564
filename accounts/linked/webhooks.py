"""Receive TikTok's webhooks: signed POSTs, delivered at least once and not in order."""

import hashlib
import hmac
import re
from typing import Annotated, Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from accounts.linked.services import authorization_removed
from config.outside.lenient_json import NotJSON, read_json
from config.rate_limits import Limit, enforce, subjects

log = structlog.get_logger(__name__)

MAX_AGE_S = 5 * 60
AUTHORIZATION_REMOVED = "authorization.removed"
ACCOUNT_DELETED = 2


class Event(BaseModel):
    """The body of a webhook that is acted on; `create_time` is in seconds, and is read in milliseconds too.

    `content` is documented as JSON in a text; it is taken as the object itself too; other shapes say nothing.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event: str
    create_time: AwareDatetime
    # PostgreSQL stores no NUL, so no account has one in its id
    user_openid: Annotated[str, Field(pattern=r"^[^\x00]*$")]
    content: Any = ""


@csrf_exempt
@require_POST
def tiktok_webhook(request: HttpRequest) -> HttpResponse:
    """Check the signature, act, and answer 200, also to events without a use here: TikTok would repeat them."""
    if not _is_signed(request):
        log.warning("webhook_refused", reason="signature")
        enforce(request, Limit.WEBHOOK, subject=subjects.address(request))
        return HttpResponse("The signature is missing, wrong or too old.", status=401, content_type="text/plain")
    body = _json_object(request.body)
    kind = body.get("event")
    if not isinstance(kind, str):
        log.warning("webhook_refused", reason="malformed")
        return HttpResponse("Malformed.", status=400, content_type="text/plain")
    if body.get("client_key") not in (None, settings.TIKTOK_CLIENT_KEY):
        log.warning("webhook_refused", reason="client")
        return HttpResponse("This is for another client.", status=400, content_type="text/plain")
    if kind != AUTHORIZATION_REMOVED:
        # whatever else it holds: what there is no use for is not worth an error, which TikTok would repeat for days
        log.info("webhook_ignored", tiktok_event=kind[:64])
        return HttpResponse(status=200)
    try:
        event = Event.model_validate(body)
    except ValidationError:
        log.warning("webhook_refused", reason="malformed")
        return HttpResponse("Malformed.", status=400, content_type="text/plain")
    _act_on(event, digest=hashlib.sha256(request.body).hexdigest())
    return HttpResponse(status=200)


def _json_object(body: bytes) -> dict[str, Any]:
    """Return the object in the body; an empty one if there is none."""
    try:
        value = read_json(body)
    except NotJSON:
        return {}
    return value if isinstance(value, dict) else {}


def _is_signed(request: HttpRequest) -> bool:
    """Check that `TikTok-Signature: t=<seconds>,s=<hex>` is the client secret's HMAC of the body, and recent."""
    parts = dict(part.strip().split("=", 1) for part in _signature_parts(request))
    moment, signature = parts.get("t", ""), parts.get("s", "")
    if not re.fullmatch(r"[0-9]{1,12}", moment) or abs(timezone.now().timestamp() - int(moment)) > MAX_AGE_S:
        return False
    message = moment.encode() + b"." + request.body
    expected = hmac.new(settings.TIKTOK_CLIENT_SECRET.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _signature_parts(request: HttpRequest) -> list[str]:
    return [part for part in request.headers.get("TikTok-Signature", "").split(",") if "=" in part]


def _act_on(event: Event, digest: str) -> None:
    reason = _reason(event.content)
    acted = authorization_removed(
        open_id=event.user_openid,
        removed_at=event.create_time,
        delivery=digest,
        now=timezone.now(),
        account_deleted=reason == ACCOUNT_DELETED,
    )
    log.info("webhook_received", tiktok_event=event.event, acted=acted, reason=reason)


def _reason(content: Any) -> int | None:
    """Return TikTok's number for why the authorisation was removed; None if `content` does not say."""
    if isinstance(content, str):
        content = _json_object(content.encode("utf-8", "replace"))
    reason = content.get("reason") if isinstance(content, dict) else None
    return reason if isinstance(reason, int) and not isinstance(reason, bool) else None
