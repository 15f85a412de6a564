"""Training a challenger, comparing it with the champion, and promoting the better one.

A challenger learns from what was known two weeks ago, and both models forecast the posts published since. The artefact
that was compared is the one that serves: it is not trained again on those posts.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from predictions.engine import GlobalModel
from predictions.engine.evaluation.promotion import Decision, compare, decide, learned_until
from predictions.models import ModelEvent, ModelVersion
from predictions.scoring.learning import add_sub_scores
from predictions.training import selectors
from predictions.training.forgetting import LEFT_SINCE, serve_prior_instead_of_forgotten
from predictions.training.partitions import train_as_set
from predictions.versions.artefacts import RefusedArtefact, load
from predictions.versions.selectors import MAY_NOT_SERVE, champions, learned_from_forgotten, lock_roles
from predictions.versions.services import make_champion, register
from privacy.anonymity.releases import K
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

SLICE = timedelta(days=14)
"""A comparison takes posts published within this time, and after everything that either model learned from."""

MAX_COMPARED = 1_000
"""Accounts in a comparison: each takes a fraction of a second, and more would hardly change the result. They come in
the order of their random public ids."""

TRAININGS = 2
"""Attempts at a training: again if an account that it learned from left meanwhile."""

_TRAINING_LOCK = (0x6D6F6465, 0)
"""The keys of the advisory lock on training."""


class AlreadyTraining(Exception):
    """Another process is training a model."""


class NothingToLearn(Exception):
    """Too few accounts that may be learned from have a post with a known first day."""


@dataclass(frozen=True, slots=True)
class Retraining:
    """A new version, and the decision on it."""

    version: ModelVersion
    decision: Decision


def retrain(*, by: str, reason: str, now: datetime | None = None) -> Retraining:
    """Train a challenger and compare it with the champion. Raises AlreadyTraining and NothingToLearn."""
    now = now or timezone.now()
    with training_lock():
        started = time.monotonic()
        try:
            # training takes minutes, in which accounts may leave; should some leave each time, `challenge` refuses
            for _ in range(TRAININGS):
                model = _train(now - SLICE)
                if not learned_from_forgotten(model):
                    break
                log.info("model_trained_on_forgotten")
        except NothingToLearn:
            # no new champion can come, but one that learned from accounts that left must go all the same
            serve_prior_instead_of_forgotten(by=by, reason=LEFT_SINCE)
            raise
        metrics = {
            "training_accounts": model.manifest["accounts"],
            "training_posts": model.manifest["rows"],
            "training_seconds": round(time.monotonic() - started, 1),
            "trained_because": reason,
        }
        version = register(model=model, metrics=metrics)
        # one challenger competes at a time, beside one on canary
        challengers = ModelVersion.objects.filter(role=ModelVersion.Role.CHALLENGER, canary_share=0)
        challengers.exclude(pk=version.pk).update(role=ModelVersion.Role.RETIRED)
        return Retraining(version, challenge(version=version, by=by, now=now))


def challenge(*, version: ModelVersion, by: str, now: datetime | None = None) -> Decision:
    """Compare a version with the champion, or the prior without one, and promote it if it wins.

    The decision is recorded with its figures; a comparison that raises is recorded as a refusal without any, and raises
    again. Raises RefusedArtefact if the version cannot be loaded.
    """
    now = now or timezone.now()
    challenger = load(version)
    champion_version = champions().first()
    champion = GlobalModel.prior()
    if champion_version:
        try:
            champion = load(champion_version)
        except RefusedArtefact as error:
            # workers serve the prior in its place
            log.error("model_refused", version=champion_version.name, reason=str(error))
    until = int(now.timestamp())
    since = max(int((now - SLICE).timestamp()), *(learned_until(m) or 0 for m in (champion, challenger)))
    record(
        action=AccessEvent.Action.READ, subjects=selectors.people_to_learn_from(), what="posts, to compare two models"
    )
    try:
        compared = compare(champion, challenger, selectors.training_histories(now), since=since, until=until)
        decision = decide(list(islice(compared, MAX_COMPARED)))
    except Exception as error:
        reason = f"The comparison failed with {type(error).__name__}; the log has the traceback."
        _refuse(version, champion_version, by=by, reason=reason, figures={})
        raise
    figures = decision.figures | {"slice": [since, until]}
    with transaction.atomic():
        serving = lock_roles().champion
        if learned_from_forgotten(version):
            decision = Decision(False, f"{version} {MAY_NOT_SERVE}", decision.figures)
        elif serving != champion_version:
            decision = Decision(False, "The champion changed during the comparison; compare again.", decision.figures)
        elif champion_version and not decision.promote and learned_from_forgotten(champion_version):
            decision = Decision(True, f"{LEFT_SINCE} Compared: {decision.reason}", decision.figures)
        if decision.promote:
            make_champion(version, by=by, reason=decision.reason, figures=figures)
        else:
            _refuse(version, champion_version, by=by, reason=decision.reason, figures=figures)
    log.info("challenger_compared", version=version.name, promoted=decision.promote, reason=decision.reason)
    return decision


def _train(as_of: datetime) -> GlobalModel:
    """Return a model of the accounts that may be learned from. Raises NothingToLearn."""
    record(
        action=AccessEvent.Action.READ,
        subjects=selectors.people_to_learn_from(),
        what="posts, to learn the shared model",
    )
    model = train_as_set(selectors.training_histories(as_of), until=int(as_of.timestamp()))
    if not model.manifest["rows"]:
        raise NothingToLearn(f"No post that may be learned from had a known first day by {as_of:%Y-%m-%d %H:%M} UTC.")
    if model.manifest["accounts"] < K:
        raise NothingToLearn(
            f"Only {model.manifest['accounts']} accounts that may be learned from had posts with a known first day by "
            f"{as_of:%Y-%m-%d %H:%M} UTC. A model is learned from {K} or more, so that none shows through."
        )
    add_sub_scores(model, selectors.training_histories(as_of), as_of)
    return model


def _refuse(
    version: ModelVersion, champion: ModelVersion | None, *, by: str, reason: str, figures: dict[str, Any]
) -> None:
    ModelEvent.objects.create(
        kind=ModelEvent.Kind.REFUSED, from_version=champion, to_version=version, by=by, reason=reason, figures=figures
    )


@contextmanager
def training_lock() -> Iterator[None]:
    """Hold the lock on the connection, not in a transaction that would stay open for minutes.

    PostgreSQL releases it if the process is killed. Raises AlreadyTraining.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _TRAINING_LOCK)
        (locked,) = cursor.fetchone()
    if not locked:
        raise AlreadyTraining("A model is being trained at this moment; try again when that is done.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _TRAINING_LOCK)
