"""Reads of replays: an account's, and those that are stale."""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Least
from django.db.models.lookups import Exact

from accounts.models import User
from predictions.models import AccountReplay, AccountWeights
from predictions.replays.record import ReplayRecord
from predictions.versions.selectors import prefetch_versions
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose

REPLAYED_AGAIN_AFTER = timedelta(days=1)
"""Labels that got better alone do not make a replay stale sooner: it costs about as much as learning the account."""


def replays_of(user: User) -> QuerySet[AccountReplay]:
    """Return the replays of the person's accounts."""
    replays = AccountReplay.objects.filter(account__user=user.pk)
    return replays.select_related("account").prefetch_related(prefetch_versions())


def record_of(replay: AccountReplay) -> ReplayRecord:
    """Return what the replay proves."""
    return ReplayRecord(replay.posts, replay.history)


def stale_replays(now: datetime) -> QuerySet[AccountWeights]:
    """Return the weights, of people who agree, whose account has no replay with their model, zone and posts.

    A replay that is a day older than the weights is stale too. Those replayed longest ago come first.
    """
    # the prior is null, which in SQL equals nothing, not even itself
    same_model = Exact(Coalesce("account__replay__model_version", 0), Coalesce("model_version", 0))
    return (
        AccountWeights.objects.filter(consents_to(Purpose.SERVICE, "account__user"))
        .filter(
            Q(account__replay=None)
            | ~same_model
            | ~Q(account__replay__time_zone=F("time_zone"))
            | ~Q(account__replay__weights_posts=F("posts"))
            | Q(account__replay__as_of__lt=Least(F("as_of"), now - REPLAYED_AGAIN_AFTER))
        )
        .defer("state")
        .order_by(F("account__replay__as_of").asc(nulls_first=True), "pk")
    )
