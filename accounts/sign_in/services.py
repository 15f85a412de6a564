"""The exchange of a code for a grant, in a worker: no request waits for TikTok."""

import structlog

from accounts.sign_in import room
from accounts.sign_in.failures import Kind, kind_of_exchange
from accounts.tiktok import client as tiktok
from accounts.tiktok.client import BASIC_SCOPE
from accounts.tiktok.errors import TikTokError

log = structlog.get_logger(__name__)


def exchange(key: str) -> None:
    """Exchange the code that waits under `key`, once, and leave TikTok's answer there. Idempotent."""
    returned = room.claim(key)
    if returned is None:
        return
    try:
        grant = tiktok.exchange_code(
            code=returned.code, redirect_uri=returned.redirect_uri, code_verifier=returned.code_verifier
        )
    except TikTokError as error:
        log.warning("sign_in_failed", error=str(error), log_id=error.log_id, status=error.status)
        room.fail(key, kind_of_exchange(error))
        return
    except Exception:
        room.fail(key, Kind.ANSWER_LOST)
        raise
    if BASIC_SCOPE not in grant.scopes:
        room.fail(key, Kind.BASIC_DECLINED)
        return
    room.finish(key, grant)
