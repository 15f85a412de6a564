"""Learning the sub-scores of an installation, with each training of a model."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

import structlog

from predictions.engine import AccountHistory, GlobalModel
from predictions.engine.threads import one_blas_thread
from predictions.scoring.trends import PastTrends
from predictions.viralscore.subscores import MANIFEST_ENTRY, learn_record, post_table

log = structlog.get_logger(__name__)

MOST_ACCOUNTS = 1_000
"""Accounts that sub-scores are learned from: more would hardly change them."""


@one_blas_thread()
def add_sub_scores(model: GlobalModel, histories: Iterable[AccountHistory], as_of: datetime) -> None:
    """Learn the sub-scores from histories as of a moment, with their evidence, and note them in the model's manifest.

    The histories are those that the model learned from, so that leaving it behind leaves them behind too.
    """
    until = int(as_of.timestamp())
    look = PastTrends.until(as_of).circumstances
    table = post_table(islice(histories, MOST_ACCOUNTS), model.curve, look, until=until)
    record = learn_record(table, until=until)
    model.manifest[MANIFEST_ENTRY] = record.to_json()
    log.info("sub_scores_learned", posts=len(table), with_evidence=sorted(record.weights))
