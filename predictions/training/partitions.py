"""Training where the settings say: in this process's memory, or from partitions by workers."""

import os
from collections.abc import Iterable

from django.conf import settings

from predictions.engine import AccountHistory, GlobalModel, train
from predictions.engine.data.partitions import Partitions
from predictions.engine.estimators.network import require_torch
from predictions.engine.partitioned_training import any_workers, train_on_partitions


def train_as_set(histories: Iterable[AccountHistory], *, until: int) -> GlobalModel:
    """Return the model that `train` gives, from partitions where TRAINING_PARTITIONS names a place for them.

    The partitions are deleted, also after an error. Raises TrainingNeedsTorch.
    """
    if not settings.TRAINING_PARTITIONS:
        return train(histories, until=until)
    require_torch()  # first: the libraries that open partitions are installed beside it
    partitions = Partitions(settings.TRAINING_PARTITIONS)
    try:
        workers = any_workers(settings.TRAINING_SCHEDULER, len(os.sched_getaffinity(0)))
        return train_on_partitions(histories, partitions, workers, until=until)
    finally:
        partitions.delete()
