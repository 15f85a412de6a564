"""Writes of experiments: start, draw the next arm, stop, and judge.

Each arm is drawn by a fair coin of its own (`secrets`), with the probability recorded. Blocks of two would keep the
arms level, but give every second draw away, and a creator who knows it may save the better post for one arm. The
analysis needs no level arms: outcomes are centred on the account's level before it adds them up.
"""

import math
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from predictions.engine.data.labels import Label, first_day
from predictions.engine.effects.local_time import local_seconds
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.experiments.arms import Arms, moments_of
from predictions.engine.experiments.confidence_sequence import Difference
from predictions.engine.experiments.judging import Judgement, judge, less_the_level
from predictions.engine.types import PublishedPost
from predictions.experiments import selectors
from predictions.experiments.matching import SAME_POST_WITHIN, Assigned, match_assignments
from predictions.learning.selectors import published_posts
from predictions.models import AccountWeights, Assignment, Experiment
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

PROBABILITY = 0.5
FURTHEST_AHEAD = timedelta(days=14)
"""No arm is drawn for a post planned later."""
_UNBOUNDED = 3.0
"""Ends of intervals beyond so many log units say nothing."""


class AlreadyRunning(ValueError):
    """The account has a running experiment."""

    def __init__(self) -> None:
        super().__init__("An experiment of this account is running; stop it before you start another.")


class NotRunning(ValueError):
    """The experiment has ended."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This experiment has ended ({state.replace('_', ' ')}); start another one.")


@transaction.atomic
def start_experiment(*, account_id: int, arms: Arms) -> Experiment:
    """Start an experiment. Raises NoConsent, AlreadyRunning and TikTokAccount.DoesNotExist."""
    account = lock_account(account_id)
    if Experiment.objects.filter(account=account, state=Experiment.State.RUNNING).exists():
        raise AlreadyRunning
    experiment = Experiment.objects.create(
        account=account,
        feature=arms.feature,
        first=arms.first,
        second=arms.second,
        zone=account.time_zone,
        offset_s=selectors.offset_of(account),
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="an experiment")
    return experiment


@transaction.atomic
def draw_arm(
    *, experiment_id: int, planned: datetime | None = None, now: datetime | None = None
) -> tuple[Assignment, bool]:
    """Draw the arm of the next post, planned around a moment (by default now); return it, and whether it is new.

    An arm whose post may still come is returned again: nobody draws until they like the arm. Of hours, the day is the
    first local day from `planned` on which both are still to come. Raises NoConsent and NotRunning.
    """
    now = now or timezone.now()
    experiment = _locked(experiment_id)
    if experiment.state != Experiment.State.RUNNING:
        raise NotRunning(experiment.state)
    waiting = experiment.assignments.filter(post=None, publish_at__gte=now - SAME_POST_WITHIN).last()
    if waiting and not _is_published(experiment, waiting):
        return waiting, False
    is_second = bool(secrets.randbelow(2))
    assignment = Assignment.objects.create(
        experiment=experiment,
        is_second=is_second,
        probability=PROBABILITY,
        assigned_at=now,
        publish_at=_publish_at(experiment, max(planned or now, now), now, is_second=is_second),
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[experiment.account.user_id], what="an experiment")
    return assignment, True


@transaction.atomic
def stop_experiment(*, experiment_id: int, now: datetime | None = None) -> Experiment:
    """Stop a running experiment; one that has ended stays as it is. Raises NoConsent."""
    experiment = _locked(experiment_id)
    if experiment.state == Experiment.State.RUNNING:
        experiment.state = Experiment.State.STOPPED
        experiment.ended_at = now or timezone.now()
        experiment.save()
        record(action=AccessEvent.Action.CHANGE, subjects=[experiment.account.user_id], what="an experiment")
    return experiment


def judge_experiments(*, now: datetime | None = None) -> int:
    """Match posts of running experiments and judge them; return how many were judged.

    One whose account withdraws consent or is erased meanwhile is skipped; the others go on.
    """
    judged = 0
    for key in list(selectors.running_experiments().values_list("pk", flat=True)):
        try:
            judge_experiment(experiment_id=key, now=now)
            judged += 1
        except (NoConsent, TikTokAccount.DoesNotExist, Experiment.DoesNotExist) as error:
            log.info("experiment_skipped", experiment_id=key, reason=type(error).__name__)
    return judged


@transaction.atomic
def judge_experiment(*, experiment_id: int, now: datetime | None = None) -> Experiment:
    """Match the experiment's posts, read their first days and say what they show. Raises NoConsent."""
    now = now or timezone.now()
    experiment = _locked(experiment_id)
    if experiment.state != Experiment.State.RUNNING:
        return experiment
    assignments = list(experiment.assignments.all())
    posts = published_posts(experiment.account_id, now, purpose=Purpose.SERVICE)
    _match(experiment, assignments, posts, now)
    model = registry.serving(champion_id()).model
    labels = {
        key: label for key, post in posts.items() if (label := first_day(post, model.curve, int(now.timestamp())))
    }
    outcomes = _outcomes(model.effects, posts, labels)
    for each in assignments:
        if each.post_id is not None and each.post_id in outcomes:
            each.outcome = outcomes[each.post_id]
            each.likes = math.expm1(labels[each.post_id].logs[0])
    Assignment.objects.bulk_update(assignments, ["post", "is_followed", "outcome", "likes"])
    known = [each for each in assignments if each.outcome is not None]
    judgement = judge(
        np.array([each.outcome for each in known], dtype=np.float64),
        np.array([each.is_second for each in known], dtype=np.bool_),
        np.array([each.probability for each in known], dtype=np.float64),
        usual_noise=math.sqrt(model.effects.noise),
    )
    _store(experiment, judgement, now)
    if experiment.ended_at:
        # learned again, with the weight of its draws
        AccountWeights.objects.filter(account=experiment.account_id).update(posts_sequence=0)
    record(action=AccessEvent.Action.CHANGE, subjects=[experiment.account.user_id], what="an experiment, and its posts")
    return experiment


def _locked(experiment_id: int) -> Experiment:
    """Return the experiment, with its account locked until the transaction ends."""
    account = lock_account(Experiment.objects.values_list("account", flat=True).get(pk=experiment_id))
    experiment = Experiment.objects.select_for_update(no_key=True, of=("self",)).get(pk=experiment_id)
    experiment.account = account
    return experiment


def _is_published(experiment: Experiment, waiting: Assignment) -> bool:
    """Return whether a post has come that will be matched to the assignment if none comes nearer."""
    posts = selectors.posts_since(experiment.account_id, waiting.assigned_at)
    return any(abs(post.posted_at - waiting.publish_at) <= SAME_POST_WITHIN for post in posts)


def _publish_at(experiment: Experiment, planned: datetime, now: datetime, *, is_second: bool) -> datetime:
    """Return when a post is to be published: as planned, or at the hour that was drawn."""
    if experiment.feature != Experiment.Feature.POST_TIME:
        return planned
    zone, offset = experiment.zone, experiment.offset_s
    [local] = local_seconds(np.array([int(planned.timestamp())]), zone, offset).tolist()
    day = datetime.fromtimestamp(local, UTC).date()
    # the day is chosen before the draw counts: both hours are still to come on it
    while min(moments_of(experiment.arms, day, zone=zone, offset=offset)) <= now:
        day += timedelta(days=1)
    return moments_of(experiment.arms, day, zone=zone, offset=offset)[is_second]


def _match(
    experiment: Experiment, assignments: list[Assignment], posts: Mapping[int, PublishedPost], now: datetime
) -> None:
    """Set the posts of the assignments that have none, and whether each followed its arm."""
    taken = {each.post_id for each in assignments if each.post_id}
    after = experiment.started_at
    matched = match_assignments(
        [Assigned(each.pk, each.assigned_at, each.publish_at) for each in assignments if each.post_id is None],
        selectors.drafts_since(experiment.account_id, after),
        [each for each in selectors.posts_since(experiment.account_id, after) if each.id not in taken],
        now,
    )
    for each in assignments:
        if each.pk in matched and matched[each.pk] in posts:
            each.post_id = matched[each.pk]
            each.is_followed = experiment.arms.is_followed(
                posts[each.post_id], is_second=each.is_second, zone=experiment.zone, offset=experiment.offset_s
            )


def _outcomes(prior: EffectsPrior, posts: Mapping[int, PublishedPost], labels: Mapping[int, Label]) -> dict[int, float]:
    """Return the outcome of each post with a known first day: log likes less the account's level before it."""
    keys = [key for key in sorted(labels, key=lambda key: (posts[key].posted_at, key)) if labels[key].logs[0] >= 0]
    left = less_the_level(
        prior,
        [posts[key].posted_at for key in keys],
        np.array([labels[key].logs[0] for key in keys], dtype=np.float64),
        np.array([labels[key].sd ** 2 for key in keys], dtype=np.float64),
    )
    return dict(zip(keys, left.tolist(), strict=True))


def _store(experiment: Experiment, judgement: Judgement, now: datetime) -> None:
    difference: Difference = judgement.difference
    experiment.judged_at = now
    experiment.posts = judgement.posts
    experiment.effect_pct = _percent(difference.effect) if judgement.posts else None
    experiment.low_pct, experiment.high_pct = _percent(difference.low), _percent(difference.high)
    experiment.more_posts = judgement.more_posts
    if judgement.verdict != "not_yet":
        experiment.state = Experiment.State(judgement.verdict)
        experiment.ended_at = now
    experiment.save()


def _percent(effect: float) -> float | None:
    return None if abs(effect) >= _UNBOUNDED else round(100 * math.expm1(effect), 1)
