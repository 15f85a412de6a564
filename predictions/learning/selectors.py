"""Reads for learning an account: its history as the engine takes it, and whether its weights are stale."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from accounts.linked.selectors import follower_counts
from accounts.models import TikTokAccount, User
from posts.models import Observation, Post
from posts.selectors import ObservedCounts, PostFacts, account_posts
from predictions.engine import HORIZON, AccountHistory, Counts, PublishedPost
from predictions.models import AccountWeights, Assignment, Experiment
from predictions.versions.registry import registry
from predictions.versions.selectors import CANARY_ID, champion_id, prefetch_versions
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose
from telemetry.service_levels.gauges import Standing

HORIZON_DELTA = timedelta(seconds=HORIZON)
LEARNED_WITHIN = timedelta(minutes=10)
"""Weights that know an account's posts as they were then are fresh."""


@dataclass(frozen=True, slots=True)
class StaleWeights:
    """The posts' sequence that an account's weights lack, and the canary that serves the account, if one does."""

    posts_sequence: int
    canary_id: int | None


def account_history(account_id: int, as_of: datetime, *, purpose: Purpose) -> AccountHistory:
    """Return the account's posts and followers as the engine takes them, using nothing observed after `as_of`."""
    counts = tuple(
        (int(observed_at.timestamp()), _number(followers))
        for observed_at, followers in follower_counts(account_id, as_of, purpose=purpose)
    )
    posts = published_posts(account_id, as_of, purpose=purpose)
    # experiments are kept for the service alone
    drawn = drawn_features(account_id) if purpose == Purpose.SERVICE else {}
    posts |= {key: replace(posts[key], drawn=feature) for key, feature in drawn.items() if key in posts}
    zone = TikTokAccount.objects.filter(pk=account_id).values_list("time_zone", flat=True).first() or ""
    return AccountHistory(str(account_id), counts[-1][1] if counts else math.nan, tuple(posts.values()), counts, zone)


def drawn_features(account_id: int) -> dict[int, str]:
    """Return the feature that an experiment drew, by primary key of each post that followed its draw. One query."""
    require_declared(Purpose.SERVICE, Assignment, Experiment)
    followed = Assignment.objects.filter(experiment__account=account_id, is_followed=True, post__isnull=False)
    return dict(followed.values_list("post_id", "experiment__feature"))


def published_posts(account_id: int, as_of: datetime, *, purpose: Purpose) -> dict[int, PublishedPost]:
    """Return the account's posts by primary key, as the engine takes them."""
    return {facts.post_id: _published(facts) for facts in account_posts(account_id, as_of, purpose=purpose)}


def stale_accounts(now: datetime) -> "QuerySet[TikTokAccount]":
    """Return accounts whose weights lack the newest posts, a matured label, the chosen zone or the serving model.

    Those learned longest ago come first.

    That model is the canary for its share of accounts, and for the others the one that this process learns with.
    Accounts without posts are not stale: there is nothing to learn from.
    """
    return _stale_accounts(now, registry.to_learn_with(champion_id()).version_id)


def freshness_of_weights(now: datetime) -> Standing:
    """Return how many accounts have weights to learn, and how many lack what was known `LEARNED_WITHIN` ago."""
    consenting = TikTokAccount.objects.filter(consents_to(Purpose.SERVICE, "user"), posts_change__isnull=False)
    since = now - LEARNED_WITHIN
    return Standing(consenting.count(), stale_accounts(since).filter(posts_change__changed_at__lt=since).count())


def stale_weights(account_id: int, now: datetime, *, model_id: int | None) -> StaleWeights | None:
    """Return what the account's weights lack beside that model (None: the prior); None if nothing. One query."""
    account = _stale_accounts(now, model_id).filter(pk=account_id).annotate(canary_id=CANARY_ID)
    row = account.values_list("posts_change__sequence", "canary_id").first()
    return StaleWeights(*row) if row else None


def weights_of(user: User) -> QuerySet[AccountWeights]:
    """Return the weights of the person's accounts, without the state itself."""
    weights = AccountWeights.objects.filter(account__user=user.pk)
    return weights.select_related("account").prefetch_related(prefetch_versions()).defer("state")


def _stale_accounts(now: datetime, model_id: int | None) -> "QuerySet[TikTokAccount]":
    matured = Post.objects.filter(
        account=OuterRef("pk"),
        posted_at__gt=OuterRef("weights__as_of") - HORIZON_DELTA,
        posted_at__lte=now - HORIZON_DELTA,
    )
    return (
        TikTokAccount.objects.filter(consents_to(Purpose.SERVICE, "user"), posts_change__isnull=False)
        .filter(
            Q(weights=None)
            | Q(weights__posts_sequence__lt=F("posts_change__sequence"))
            | ~Q(weights__time_zone=F("time_zone"))
            # the prior is null, which in SQL equals nothing, not even itself
            | ~Exact(Coalesce("weights__model_version", 0), Coalesce(CANARY_ID, model_id or 0))
            | Exists(matured)
        )
        .order_by(F("weights__as_of").asc(nulls_first=True), "pk")
    )


def _published(facts: PostFacts) -> PublishedPost:
    return PublishedPost(
        post_id=facts.public_id,
        posted_at=int(facts.posted_at.timestamp()),
        caption=facts.caption,
        duration_s=_number(facts.duration_s),
        # the Display API has no sound
        sound="",
        cover=facts.cover,
        observations=tuple(counts_of(facts.observations)),
    )


def counts_of(observations: Iterable[ObservedCounts | Observation]) -> Iterator[Counts]:
    """Yield the counts of observations as the engine takes them."""
    for observed in observations:
        yield Counts(
            observed_at=int(observed.observed_at.timestamp()),
            likes=_number(observed.likes),
            comments=_number(observed.comments),
            shares=_number(observed.shares),
            views=_number(observed.views),
            coarseness=observed.coarseness or 0.0,
        )


def _number(value: int | None) -> float:
    return math.nan if value is None else float(value)
