"""Reads of experiments: a person's own, those that run, and the features that were answered."""

from datetime import datetime

import numpy as np
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet

from accounts.models import TikTokAccount, User
from posts.models import Post, PostContent
from predictions.engine.effects.local_time import infer_offset
from predictions.models import Assignment, Experiment, Prediction
from predictions.outcomes.matching import Planned, Published
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

ANSWERED = ArraySubquery(
    Experiment.objects.filter(account=OuterRef("pk"), state=Experiment.State.ANSWERED).order_by("pk").values("feature")
)
"""The features, named as in suggestions, that experiments of an account (the outer row) answered, as a column."""

_POSTS_FOR_OFFSET = 400


def experiments_of(user: User) -> QuerySet[Experiment]:
    """Return all experiments of the person's accounts with their assignments, newest first. Two queries."""
    assignments = Assignment.objects.select_related("post")
    return (
        Experiment.objects.filter(account__user=user.pk)
        .select_related("account")
        .prefetch_related(Prefetch("assignments", assignments))
    )


def running_experiments() -> QuerySet[Experiment]:
    """Return the experiments that run, of people who agree to the service."""
    return Experiment.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"), state=Experiment.State.RUNNING
    ).order_by("pk")


def offset_of(account: TikTokAccount) -> int:
    """Return the account's inferred distance from UTC in seconds; 0 where its owner chose a zone."""
    if account.time_zone:
        return 0
    latest = Post.objects.filter(account=account).order_by("-posted_at").values_list("posted_at", flat=True)
    moments = sorted(int(moment.timestamp()) for moment in latest[:_POSTS_FOR_OFFSET])
    return infer_offset(np.array(moments, dtype=np.int64))


def drafts_since(account_id: int, after: datetime) -> list[Planned]:
    """Return the drafts of the account that were forecast after the moment."""
    require_declared(Purpose.SERVICE, Prediction)
    drafts = Prediction.objects.filter(account=account_id, created_at__gte=after)
    return [Planned(*row) for row in drafts.values_list("pk", "caption_fingerprint", "created_at", "publish_at")]


def posts_since(account_id: int, after: datetime) -> list[Published]:
    """Return the account's posts published after the moment, with their captions' fingerprints."""
    require_declared(Purpose.SERVICE, Post, PostContent)
    posts = Post.objects.filter(account=account_id, posted_at__gte=after, content__isnull=False)
    return [Published(*row) for row in posts.values_list("pk", "content__caption_fingerprint", "posted_at")]
