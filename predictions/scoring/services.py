"""V and its parts for one draft."""

from collections.abc import Sequence
from typing import Any, Protocol

from predictions.engine import Draft, LearnedAccount
from predictions.engine.types import Floats
from predictions.scoring.trends import circumstances_of
from predictions.viralscore.subscores import PARTS, Evidence, Item, Level, PartScores, Record, checklist_of
from predictions.viralscore.subscores.columns import columns_of, is_outrage, usual_columns

NO_MODEL, NO_EVIDENCE, NOT_VALIDATED = "no_model", "no_evidence", "not_validated"
"""Reasons for which V is not told."""


class Scorer(Protocol):
    """Scores a draft's columns beside the account's usual ones; what it may tell, its evidence has decided."""

    def score(self, columns: Floats, usual: Floats, is_outrage: bool) -> PartScores:
        """Return V and its parts."""
        ...


def score_draft(
    record: Record | None, learned: LearnedAccount, draft: Draft, *, rising: Sequence[str]
) -> dict[str, Any]:
    """Return V and its parts as JSON, `ViralScoreSerializer` without its words.

    A part without evidence has no number: its checklist says what it looks at. `rising` are the hashtags that rise now.
    """
    circumstances = circumstances_of(draft.caption.hashtags, rising)
    scores = PartScores(None, dict.fromkeys(PARTS))
    if record:
        scorer: Scorer = record
        scores = scorer.score(
            columns_of(draft.caption, circumstances), usual_columns(learned.history), is_outrage(draft.caption)
        )
    has_rising = None if not rising else bool(circumstances.rising_hashtag)
    items = checklist_of(draft.caption, has_rising_hashtag=has_rising)
    return {
        "value": scores.value,
        "reason": None if scores.value is not None else _reason(record),
        "components": {part: _component(scores.parts[part], items[part], _evidence(record, part)) for part in PARTS},
    }


def _reason(record: Record | None) -> str:
    if record is None:
        return NO_MODEL
    return NOT_VALIDATED if record.weights else NO_EVIDENCE


def _evidence(record: Record | None, part: str) -> Evidence | None:
    return record.evidence.get(part) if record else None


def _component(value: float | None, items: Sequence[Item], evidence: Evidence | None) -> dict[str, Any]:
    levels = list(Level)
    level = Level.OWN_DATA if value is not None else min((item.level for item in items), key=levels.index)
    return {
        "value": value,
        "evidence": level.value,
        "checklist": [{"item": item.code, "met": item.is_met, "evidence": item.level.value} for item in items],
        "validation": evidence and evidence.to_json(),
    }
