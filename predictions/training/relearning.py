"""Learning the sub-scores anew between trainings, as first days come in."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.utils import timezone

from predictions.engine import AccountHistory
from predictions.models import ForecastError, ForgottenAccount, ScoreRecord
from predictions.scoring.learning import learn_sub_scores
from predictions.scoring.records import latest_record
from predictions.training import selectors
from predictions.training.services import training_lock
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.anonymity.releases import K
from privacy.trail.services import record_run

log = structlog.get_logger(__name__)

FEWEST_NEW = 50
"""First days that have to come in before the sub-scores are learned anew."""
NEW_SHARE = 0.05
"""The same as a share of the posts that they were learned from: a large installation learns no more often."""
FIRST_DAY_H = 24


def relearn_sub_scores(*, now: datetime | None = None) -> ScoreRecord | None:
    """Learn the sub-scores anew where enough first days came in since they were learned; return the new record.

    It takes the place of the one before. Raises AlreadyTraining: a training learns them too.
    """
    now = now or timezone.now()
    model = registry.to_learn_with(champion_id()).model
    known = latest_record(model)
    before = ScoreRecord.objects.first()
    learned_from = before.posts if before else int(model.manifest.get("rows", 0)) if known else 0
    new = _first_days_since(datetime.fromtimestamp(known.until, UTC) if known else None)
    if new < max(FEWEST_NEW, NEW_SHARE * learned_from):
        return None
    with training_lock():
        read = _Read(selectors.training_histories(now))
        learned = learn_sub_scores(model.curve, read, now)
        record_run(what="posts, to learn what makes posts spread", people=len(read.pseudonyms))
        if len(read.pseudonyms) < K:
            log.info("sub_scores_not_learned", accounts=len(read.pseudonyms))
            return None
        made = ScoreRecord(until=now, posts=read.posts, new_posts=new, record=learned.to_json())
        made.pseudonyms = read.pseudonyms
        return _store(made)


@transaction.atomic
def _store(made: ScoreRecord) -> ScoreRecord | None:
    """Store the record in the place of earlier ones, unless an account that it learned from left meanwhile."""
    if ForgottenAccount.objects.filter(pseudonym__in=made.pseudonyms).exists():
        # the next beat tries again
        log.info("sub_scores_learned_from_forgotten")
        return None
    made.save()
    ScoreRecord.objects.exclude(pk=made.pk).delete()
    return made


def _first_days_since(moment: datetime | None) -> int:
    """Return how many first days were measured since, of accounts that are learned from."""
    measured = ForecastError.objects.filter(age_h=FIRST_DAY_H)
    return (measured.filter(due_at__gt=moment) if moment else measured).count()


class _Read:
    """Histories that note, as they are read, whose they are and how many posts they have."""

    def __init__(self, histories: Iterable[AccountHistory]) -> None:
        self._histories = histories
        self.pseudonyms: list[str] = []
        self.posts = 0

    def __iter__(self) -> Iterator[AccountHistory]:
        for history in self._histories:
            if history.posts:
                self.pseudonyms.append(history.account_id)
                self.posts += len(history.posts)
            yield history
