"""Receive TikTok's webhooks: signed POSTs, delivered at least once and not in order."""

import hashlib
import hmac
import json
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
from config.rate_limits import Limit, enforce, subjects

log = structlog.get_logger(__name__)

MAX_AGE_S = 5 * 60
AUTHORIZATION_REMOVED = "authorization.removed"
ACCOUNT_DELETED = 2


class Event(BaseModel):
    """The body of a webhook; `create_time` is in seconds, and is read in milliseconds too."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    client_key: str
    event: str
    create_time: AwareDatetime
    # PostgreSQL stores no NUL, so no account has one in its id
    user_openid: Annotated[str, Field(pattern=r"^[^\x00]*$")]
    content: str = ""


@csrf_exempt
@require_POST
def tiktok_webhook(request: HttpRequest) -> HttpResponse:
    """Check the signature, act, and answer 200, also to events without a use here: TikTok would repeat them."""
    if not _is_signed(request):
        log.warning("webhook_refused", reason="signature")
        enforce(request, Limit.WEBHOOK, subject=subjects.address(request))
        return HttpResponse("The signature is missing, wrong or too old.", status=401, content_type="text/plain")
    try:
        event = Event.model_validate_json(request.body)
    except ValidationError:
        log.warning("webhook_refused", reason="malformed")
        return HttpResponse("Malformed.", status=400, content_type="text/plain")
    if event.client_key != settings.TIKTOK_CLIENT_KEY:
        log.warning("webhook_refused", reason="client")
        return HttpResponse("This is for another client.", status=400, content_type="text/plain")
    _act_on(event, digest=hashlib.sha256(request.body).hexdigest())
    return HttpResponse(status=200)


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
    if event.event != AUTHORIZATION_REMOVED:
        log.info("webhook_ignored", tiktok_event=event.event)
        return
    acted = authorization_removed(
        open_id=event.user_openid,
        removed_at=event.create_time,
        delivery=digest,
        now=timezone.now(),
        account_deleted=_reason(event) == ACCOUNT_DELETED,
    )
    log.info("webhook_received", tiktok_event=event.event, acted=acted, reason=_reason(event))


def _reason(event: Event) -> Any:
    """Return TikTok's number for why the authorisation was removed; None if `content` does not say."""
    try:
        content = json.loads(event.content)
    except (json.JSONDecodeError, RecursionError):
        return None
    return content.get("reason") if isinstance(content, dict) else None
