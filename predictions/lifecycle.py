"""The life of a model: trained on what the database knows, compared with the champion, promoted or not, rolled back.

A challenger is trained on what was known when the comparison's slice of time began, and compared on the posts that
were published since. The artefact that was compared is the one that serves: it is not trained again on the slice.
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
from django.db.models import Exists, OuterRef
from django.utils import timezone

from predictions import selectors
from predictions.engine import GlobalModel, train
from predictions.engine.evaluation.promotion import Decision, compare, decide, learned_until
from predictions.forgetting import LEFT_SINCE, MAY_NOT_SERVE, learned_from_forgotten, serve_prior_instead_of_forgotten
from predictions.models import ModelEvent, ModelVersion
from predictions.registry import RefusedArtefact, load, lock_versions, make_champion, register
from privacy.anonymity.releases import K
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

SLICE = timedelta(days=14)
"""A comparison looks at posts published within this time, and after everything that either model learned from."""

MAX_COMPARED = 1_000
"""Accounts: more would tell hardly more, and each takes a fraction of a second. Public ids are random, and so are the
accounts that come first by them."""

TRAININGS = 2
"""So often a training is tried: once again if an account that it learned from left meanwhile."""

_TRAINING_LOCK = (0x6D6F6465, 0)
"""The keys of the advisory lock on training."""


class AlreadyTraining(Exception):
    """Another process trains a model at this moment."""


class NothingToLearn(Exception):
    """Too few accounts that may be learned from have a post whose first day is known."""


class CannotRollBack(Exception):
    """Nothing was changed; the message says why, in a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Retraining:
    """A version that was trained and compared, and what was decided of it."""

    version: ModelVersion
    decision: Decision


def retrain(*, by: str, reason: str, now: datetime | None = None) -> Retraining:
    """Train a challenger and let it compete with the champion. Raises AlreadyTraining, NothingToLearn.

    Before the training is done nothing is written but that histories are read. A process that is killed leaves no lock:
    PostgreSQL releases it with the connection.
    """
    now = now or timezone.now()
    with _one_training():
        started = time.monotonic()
        try:
            model = _train_on_who_stays(now - SLICE)
        except NothingToLearn:
            # nobody is left to learn from, and a champion that learned from who left has to go all the same
            serve_prior_instead_of_forgotten(by=by, reason=LEFT_SINCE)
            raise
        metrics = {
            "training_accounts": model.manifest["accounts"],
            "training_posts": model.manifest["rows"],
            "training_seconds": round(time.monotonic() - started, 1),
            "trained_because": reason,
        }
        version = register(model=model, metrics=metrics)
        _retire_earlier_challengers(version)
        return Retraining(version, challenge(version=version, by=by, now=now))


def challenge(*, version: ModelVersion, by: str, now: datetime | None = None) -> Decision:
    """Compare a version with the champion, or with the prior where there is none, and promote it if it wins.

    The decision is recorded with its figures either way, and a comparison that fails as a refusal without any. Raises
    RefusedArtefact if the version cannot be loaded, and whatever the comparison does.
    """
    now = now or timezone.now()
    challenger = load(version)
    champion_version = ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).first()
    champion = _model_of(champion_version)
    until = int(now.timestamp())
    since = max(int((now - SLICE).timestamp()), *(learned_until(m) or 0 for m in (champion, challenger)))
    people = selectors.accounts_to_learn_from().values_list("user_id", flat=True).distinct()
    record(action=AccessEvent.Action.READ, subjects=list(people), what="posts, to compare two models")
    try:
        compared = compare(champion, challenger, selectors.training_histories(now), since=since, until=until)
        decision = decide(list(islice(compared, MAX_COMPARED)))
    except Exception as error:
        reason = f"The comparison failed with {type(error).__name__}; the log has the traceback."
        _refuse(version, champion_version, by=by, reason=reason, figures={})
        raise
    figures = decision.figures | {"slice": [since, until]}
    with transaction.atomic():
        serving = next((v for v in lock_versions() if v.role == ModelVersion.Role.CHAMPION), None)
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


def promote(*, version: ModelVersion, by: str, reason: str) -> None:
    """Let the version serve without a comparison. Raises RefusedArtefact if it cannot be loaded, or may not serve."""
    load(version)
    if learned_from_forgotten(version):
        raise RefusedArtefact(f"{version} {MAY_NOT_SERVE}")
    make_champion(version, by=by, reason=reason)


def rollback_target(champion: ModelVersion | None) -> ModelVersion | None:
    """What served last before the champion was promoted, of what may serve again; None for the prior.

    What was rolled back from since is not gone back to, or it would go round in circles. The version was loaded, so
    that no worker is left with one that it refuses. Raises CannotRollBack.
    """
    if champion is None:
        raise CannotRollBack("No model version serves, only the prior: there is nothing to go back from.")
    promotions = ModelEvent.objects.filter(kind=ModelEvent.Kind.PROMOTED)
    promotion = promotions.filter(to_version=champion).first()
    if promotion is None:
        raise CannotRollBack(f"It is not recorded what served before {champion.name}.")
    given_up = ModelEvent.objects.filter(
        kind=ModelEvent.Kind.ROLLED_BACK, from_version=OuterRef("from_version"), pk__gt=OuterRef("pk")
    )
    until_then = promotions.filter(~Exists(given_up), pk__lte=promotion.pk).exclude(from_version=champion)
    before = (event.from_version for event in until_then.prefetch_related(selectors.versions("from_version")))
    return next((version for version in before if version is None or _may_serve_again(version)), None)


def roll_back(*, champion_id: int | None, by: str, reason: str) -> ModelVersion | None:
    """Let the previous champion serve again (None: the prior), in every worker with its next forecast.

    `champion_id` is the champion that is to go: if another one serves meanwhile, somebody was quicker. Raises
    CannotRollBack.
    """
    with transaction.atomic():
        champion = next((v for v in lock_versions() if v.role == ModelVersion.Role.CHAMPION), None)
        if (champion.pk if champion else None) != champion_id:
            serves = f"{champion.name} serves" if champion else "the prior serves"
            raise CannotRollBack(f"The champion changed meanwhile: {serves} now. Nothing was changed.")
        target = rollback_target(champion)
        make_champion(target, kind=ModelEvent.Kind.ROLLED_BACK, by=by, reason=reason)
    return target


def _train_on_who_stays(as_of: datetime) -> GlobalModel:
    """A training takes minutes, in which accounts may leave. Where some do each time, `challenge` refuses the last."""
    for _ in range(TRAININGS):
        model = _train(as_of)
        if not learned_from_forgotten(model):
            break
        log.info("model_trained_on_who_left")
    return model


def _train(as_of: datetime) -> GlobalModel:
    people = selectors.accounts_to_learn_from().values_list("user_id", flat=True).distinct()
    record(action=AccessEvent.Action.READ, subjects=list(people), what="posts, to learn the shared model")
    model = train(selectors.training_histories(as_of), until=int(as_of.timestamp()))
    if not model.manifest["rows"]:
        raise NothingToLearn(f"No post that may be learned from had a known first day by {as_of:%Y-%m-%d %H:%M} UTC.")
    if model.manifest["accounts"] < K:
        raise NothingToLearn(
            f"Only {model.manifest['accounts']} accounts that may be learned from had posts with a known first day by "
            f"{as_of:%Y-%m-%d %H:%M} UTC. A model is learned from {K} or more, so that none shows through."
        )
    return model


def _refuse(
    version: ModelVersion, champion: ModelVersion | None, *, by: str, reason: str, figures: dict[str, Any]
) -> None:
    ModelEvent.objects.create(
        kind=ModelEvent.Kind.REFUSED, from_version=champion, to_version=version, by=by, reason=reason, figures=figures
    )


def _model_of(champion: ModelVersion | None) -> GlobalModel:
    """What workers serve as the champion: one that is refused leaves them with the prior."""
    return (champion and _loaded(champion)) or GlobalModel.prior()


def _may_serve_again(version: ModelVersion) -> bool:
    return not learned_from_forgotten(version) and _loaded(version) is not None


def _loaded(version: ModelVersion) -> GlobalModel | None:
    """None for a version that is refused."""
    try:
        return load(version)
    except RefusedArtefact as error:
        log.error("model_refused", version=version.name, reason=str(error))
        return None


def _retire_earlier_challengers(version: ModelVersion) -> None:
    """One challenger competes at a time, beside one that is on canary."""
    challengers = ModelVersion.objects.filter(role=ModelVersion.Role.CHALLENGER, canary_share=0)
    challengers.exclude(pk=version.pk).update(role=ModelVersion.Role.RETIRED)


@contextmanager
def _one_training() -> Iterator[None]:
    """Held by the connection, not by a transaction, which would stay open for minutes."""
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
