"""Background work of predictions: thin, idempotent, each task loads by id and calls a service."""

from functools import partial

import structlog
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from predictions import benchmarks, canary, drift, forgetting, lifecycle, services

log = structlog.get_logger(__name__)

QUIET_SECONDS = 2
"""Changes of an account's posts within this time are learned together."""
LOST_AFTER_SECONDS = 5 * 60
"""A task that was lost keeps others of its account away for this long."""
MAX_UPDATES_AT_ONCE = 500
"""By beat, each minute: the rest is still stale a minute later."""

TRAINING_SECONDS = 28 * 60
"""A training may take longer than other tasks, but not so long that Redis would hand it to a second worker."""

# One that is killed is mostly killed for its memory, and delivered again it would be so without end: beat asks anew.
_training = partial(
    shared_task, time_limit=TRAINING_SECONDS, soft_time_limit=TRAINING_SECONDS - 60, reject_on_worker_lost=False
)


def enqueue_weights_update(account_id: int) -> None:
    """Have the account's weights learned soon, once however often this is called meanwhile."""
    if cache.add(_key(account_id), True, timeout=LOST_AFTER_SECONDS):
        update_weights.apply_async((account_id,), countdown=QUIET_SECONDS)


@shared_task
def update_weights(account_id: int) -> None:
    """Learn the account anew, if anything changed."""
    # before the posts are read: a change from here on needs a task of its own
    cache.delete(_key(account_id))
    services.update_weights(account_id=account_id)


@shared_task
def update_stale_weights() -> None:
    """What the signals missed: lost messages, a new champion, labels that matured as time passed."""
    stale = services.stale_accounts(timezone.now()).values_list("pk", flat=True)
    for account_id in stale[:MAX_UPDATES_AT_ONCE]:
        enqueue_weights_update(account_id)


@shared_task
def meet_outcomes() -> None:
    """Match forecasts with the posts that came of them."""
    services.meet_outcomes()


@shared_task
def check_drift() -> None:
    """Test whether forecasts miss as they used to."""
    drift.check_drift()


@_training()
def retrain_model(reason: str = "It was time.") -> None:
    """Beat, each week, and whoever sees that the model has grown worse: train a challenger and let it compete."""
    try:
        lifecycle.retrain(by="retrain_model task", reason=reason)
    except (lifecycle.AlreadyTraining, lifecycle.NothingToLearn) as error:
        log.info("model_not_retrained", reason=str(error))


@shared_task
def leave_forgotten_behind() -> None:
    """Beat, hourly: what was learned from erased accounts serves a week longer at most."""
    forgetting.leave_behind()


@_training()
def release_benchmarks() -> None:
    """Beat, daily: does something once a quarter."""
    benchmarks.release_benchmarks()


@shared_task
def watch_canary() -> None:
    """Beat, each minute."""
    canary.watch_canary()


def _key(account_id: int) -> str:
    return f"weights-update:{account_id}"
