"""Background sending to browsers."""

from typing import Any

from celery import shared_task

from accounts.push import sending

PAUSES_S = (60, 600)
"""Before the second and the third try; then the notice waits on the page alone."""


@shared_task(bind=True, max_retries=len(PAUSES_S))
def push_notice(self: Any, notice_id: int, subscription_id: int) -> None:
    """Send a notice to one browser."""
    outcome = sending.send(notice_id=notice_id, subscription_id=subscription_id)
    if outcome == sending.Outcome.LATER and self.request.retries < len(PAUSES_S):
        raise self.retry(countdown=PAUSES_S[self.request.retries])
