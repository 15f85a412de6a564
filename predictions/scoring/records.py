"""The record of sub-scores to score with: the model's own, or one that was learned since."""

from functools import lru_cache

from django.db.models import Subquery

from predictions.engine import GlobalModel
from predictions.models import ScoreRecord
from predictions.viralscore.subscores import Record

RECORD_ID = Subquery(ScoreRecord.objects.order_by("-pk").values("pk")[:1])
"""The id of the record that was learned last, as a column of any query; null where none was."""


def record_to_score_with(model: GlobalModel, record_id: int | None) -> Record | None:
    """Return the newer one of the model's record and the one of that id; None where there is neither.

    One query when a process first sees the id, none after that.
    """
    own = Record.of_manifest(model.manifest)
    learned = _stored(record_id) if record_id is not None else None
    if own is None or learned is None:
        return own or learned
    return max(own, learned, key=lambda record: record.until)


def latest_record(model: GlobalModel) -> Record | None:
    """Return the record that a forecast by the model is scored with now. One query or two."""
    return record_to_score_with(model, ScoreRecord.objects.order_by("-pk").values_list("pk", flat=True).first())


# rows are never changed; one that was deleted since is not asked for any more
@lru_cache(maxsize=2)
def _stored(record_id: int) -> Record | None:
    stored = ScoreRecord.objects.filter(pk=record_id).values_list("record", flat=True).first()
    return Record.from_json(stored) if stored else None
