"""Running an erasure: its steps in order, each noted after its last transaction.

A worker may be killed at any point: the next one goes on with the first step that is not noted. Each step can be
repeated.
"""

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from config import jobs
from privacy.erasure.inactivity import cancel_if_void
from privacy.erasure.selectors import due_erasures
from privacy.erasure.services import LEASE
from privacy.erasure.steps import STEPS, Waiting
from privacy.models import Erasure

log = structlog.get_logger(__name__)


def run(*, erasure_pk: int, now: datetime | None = None) -> bool:
    """Take the erasure on from where it stands, unless another worker does; return whether it is done now."""
    now = now or timezone.now()
    with transaction.atomic():
        user_id = Erasure.objects.filter(pk=erasure_pk).values_list("user_id", flat=True).first()
        if user_id is not None:
            cancel_if_void(user_id=user_id)
        erasure = jobs.claim(due_erasures(now), erasure_pk, lease=LEASE, now=now, state=Erasure.State.RUNNING)
    if erasure is None:
        return False
    with structlog.contextvars.bound_contextvars(erasure=erasure.public_id):
        try:
            return _take_steps(erasure)
        except jobs.ClaimLost:
            log.warning("erasure_claim_lost")
            return False


def _take_steps(erasure: Erasure) -> bool:
    try:
        for name, step in STEPS.items():
            if name not in erasure.steps_done:
                step(erasure)
                jobs.heartbeat(erasure, steps_done=[*erasure.steps_done, name], attempts=0)
    except Waiting as why:
        log.warning("erasure_waits", reason=str(why))
        jobs.release(erasure)
        return False
    log.info("erasure_done")
    return True
