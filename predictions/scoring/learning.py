"""Learning the sub-scores of an installation: with each training of a model, and again as first days come in."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

import structlog

from predictions.engine import AccountHistory, GlobalModel
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.threads import one_blas_thread
from predictions.scoring.trends import PastTrends
from predictions.viralscore.subscores import MANIFEST_ENTRY, Record, learn_record, post_table

log = structlog.get_logger(__name__)

MOST_ACCOUNTS = 1_000
"""Accounts that sub-scores are learned from: more would hardly change them."""


@one_blas_thread()
def learn_sub_scores(curve: GrowthCurve, histories: Iterable[AccountHistory], as_of: datetime) -> Record:
    """Learn the sub-scores with their evidence from histories as of a moment, with labels by the growth curve."""
    until = int(as_of.timestamp())
    look = PastTrends.until(as_of).circumstances
    table = post_table(islice(histories, MOST_ACCOUNTS), curve, look, until=until)
    record = learn_record(table, until=until)
    log.info("sub_scores_learned", posts=len(table), with_evidence=sorted(record.weights))
    return record


def add_sub_scores(model: GlobalModel, histories: Iterable[AccountHistory], as_of: datetime) -> None:
    """Note the sub-scores of the histories in the model's manifest.

    The histories are those that the model learned from, so that leaving it behind leaves them behind too.
    """
    model.manifest[MANIFEST_ENTRY] = learn_sub_scores(model.curve, histories, as_of).to_json()
