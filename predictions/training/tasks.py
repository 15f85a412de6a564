"""Background training, and the hourly look for accounts that left."""

from functools import partial

import structlog
from celery import shared_task

from predictions.engine import TrainingNeedsTorch
from predictions.training import forgetting, relearning, services

log = structlog.get_logger(__name__)

TRAINING_SECONDS = 28 * 60
"""Longer than other tasks get, and shorter than the 30 min after which Redis hands a message to a second worker."""

# not redelivered: a worker that is killed is mostly killed for its memory, and would be again; beat sends the next one
long_task = partial(
    shared_task, time_limit=TRAINING_SECONDS, soft_time_limit=TRAINING_SECONDS - 60, reject_on_worker_lost=False
)


@long_task()
def retrain_model(reason: str = "The weekly retraining.") -> None:
    """Train a challenger and compare it with the champion: by beat each week, or on request."""
    try:
        services.retrain(by="retrain_model task", reason=reason)
    except (services.AlreadyTraining, services.NothingToLearn, TrainingNeedsTorch) as error:
        log.info("model_not_retrained", reason=str(error))


@shared_task
def relearn_sub_scores() -> None:
    """Run by beat each hour: a count of rows, unless enough first days came in."""
    try:
        relearning.relearn_sub_scores()
    except services.AlreadyTraining as error:
        log.info("sub_scores_not_learned", reason=str(error))


@shared_task
def leave_forgotten_behind() -> None:
    """Run by beat each hour: models that learned from erased accounts serve a week longer at most."""
    forgetting.leave_behind()
