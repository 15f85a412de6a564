"""Reads of predictions: what a forecast needs, which weights are stale, which predictions wait for their outcome."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, F, FloatField, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact

from accounts.models import TikTokAccount, User
from posts.models import Post
from posts.selectors import ObservedCounts, PostFacts, account_posts
from predictions.engine import HORIZON, AccountHistory, Counts, PublishedPost
from predictions.models import AccountWeights, ModelVersion, Prediction
from predictions.outcomes import Planned, Published
from predictions.pseudonyms import pseudonym

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

HORIZON_DELTA = timedelta(seconds=HORIZON)
CHAMPION_ID = Subquery(ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).values("pk")[:1])


class _Draw(Func):
    """A number in [0, 1) that looks random and is always the same for the same two keys: MD5, as a fraction."""

    template = "(('x' || substr(md5(%(expressions)s), 1, 8))::bit(32)::bigint / 4294967296.0)::float8"
    arg_joiner = " || ':' || "
    output_field = FloatField()


# the version on canary, for accounts that draw less than its share: always the same ones, and more when it is raised
CANARY_ID = Subquery(
    ModelVersion.objects.filter(canary_share__gt=0)
    .filter(canary_share__gt=_Draw(Cast(F("pk"), TextField()), Cast(OuterRef("pk"), TextField())))
    .values("pk")[:1]
)
SERVING_ID = Coalesce(CANARY_ID, CHAMPION_ID)


class Serving(TypedDict):
    """The model versions for an account, as attributes of its row.

    The champion is None while there is only the prior, the canary while none runs or it serves other accounts.
    """

    champion_id: int | None
    canary_id: int | None


@dataclass(frozen=True, slots=True)
class StaleWeights:
    """What an account's weights have not seen yet, as it was when they were found stale."""

    posts_sequence: int
    champion_id: int | None
    canary_id: int | None

    @property
    def serving_id(self) -> int | None:
        return self.canary_id or self.champion_id


def accounts_for_forecast(user: User, public_id: str | None) -> "list[WithAnnotations[TikTokAccount, Serving]]":
    """The person's account of that id, or all that are connected, with weights and the models that serve: one query.

    An account of somebody else is not among them.
    """
    accounts = TikTokAccount.objects.filter(user=user.pk)
    accounts = accounts.filter(public_id=public_id) if public_id else accounts.filter(disconnected_at=None)
    return list(accounts.select_related("weights").annotate(champion_id=CHAMPION_ID, canary_id=CANARY_ID))


def account_history(account_id: int, as_of: datetime) -> AccountHistory:
    """The account's posts as the engine takes them, using only what was known at `as_of`."""
    followers = TikTokAccount.objects.values_list("follower_count", flat=True).get(pk=account_id)
    posts = tuple(_published(facts) for facts in account_posts(account_id, as_of))
    return AccountHistory(account_id=str(account_id), followers=_number(followers), posts=posts)


def accounts_to_learn_from() -> QuerySet[TikTokAccount]:
    """Accounts that the global model may be learned from: the one place that says so. All that are connected."""
    return TikTokAccount.objects.filter(disconnected_at=None)


def training_histories(as_of: datetime) -> Iterator[AccountHistory]:
    """Histories of the accounts that may be learned from, by keyed pseudonym, as of a moment: one account at a time.

    In the order of their public ids, which are random.
    """
    for account_id, public_id in accounts_to_learn_from().order_by("public_id").values_list("pk", "public_id"):
        yield replace(account_history(account_id, as_of), account_id=pseudonym(public_id))


def published_posts(account_id: int, as_of: datetime) -> dict[int, PublishedPost]:
    """The account's posts by primary key, as the engine takes them."""
    return {facts.post_id: _published(facts) for facts in account_posts(account_id, as_of)}


def stale_accounts(now: datetime) -> "QuerySet[TikTokAccount]":
    """Accounts whose weights have not seen the newest posts, the model that serves them, or a label that matured.

    Oldest first. Accounts of which nothing is known yet are not stale: there is nothing to learn from.
    """
    matured = Post.objects.filter(
        account=OuterRef("pk"),
        posted_at__gt=OuterRef("weights__as_of") - HORIZON_DELTA,
        posted_at__lte=now - HORIZON_DELTA,
    )
    return (
        TikTokAccount.objects.filter(posts_change__isnull=False)
        .filter(
            Q(weights=None)
            | Q(weights__posts_sequence__lt=F("posts_change__sequence"))
            # the prior is null, which in SQL equals nothing, not even itself
            | ~Exact(Coalesce("weights__model_version", 0), Coalesce(SERVING_ID, 0))
            | Exists(matured)
        )
        .order_by(F("weights__as_of").asc(nulls_first=True), "pk")
    )


def stale_weights(account_id: int, now: datetime) -> StaleWeights | None:
    """What the account's weights have not seen; None where it is none of `stale_accounts`. One query."""
    found = stale_accounts(now).filter(pk=account_id).annotate(champion_id=CHAMPION_ID, canary_id=CANARY_ID)
    row = found.values_list("posts_change__sequence", "champion_id", "canary_id").first()
    return StaleWeights(*row) if row else None


def predictions_of(user: User) -> QuerySet[Prediction]:
    """All predictions for the person's accounts, newest first, with their outcomes."""
    predictions = Prediction.objects.filter(account__user=user.pk)
    # an artefact has megabytes
    return predictions.select_related("account", "model_version", "outcome__post").defer("model_version__artefact")


def weights_of(user: User) -> QuerySet[AccountWeights]:
    """The weights of the person's accounts, without the state itself."""
    return (
        AccountWeights.objects.filter(account__user=user.pk).select_related("account", "model_version").defer("state")
    )


def predictions_due(now: datetime, *, given_up_after: timedelta) -> QuerySet[Prediction]:
    """Predictions whose horizon has passed, not longer ago than that, and that met no post yet."""
    return Prediction.objects.filter(
        outcome=None,
        scheduled_for__lte=now - HORIZON_DELTA,
        scheduled_for__gt=now - HORIZON_DELTA - given_up_after,
    )


def planned_drafts(account_id: int, after: datetime, before: datetime) -> list[Planned]:
    """The account's predictions for that time, whether they met a post or not."""
    return [
        Planned(*row)
        for row in Prediction.objects.filter(account=account_id, scheduled_for__range=(after, before)).values_list(
            "pk", "caption_fingerprint", "created_at", "scheduled_for"
        )
    ]


def published_captions(account_id: int, after: datetime, before: datetime) -> list[Published]:
    """The account's posts of that time, with what recognises their captions."""
    return [
        Published(*row)
        for row in Post.objects.filter(
            account=account_id, posted_at__range=(after, before), content__isnull=False
        ).values_list("pk", "content__caption_fingerprint", "posted_at")
    ]


def _published(facts: PostFacts) -> PublishedPost:
    return PublishedPost(
        post_id=facts.public_id,
        posted_at=int(facts.posted_at.timestamp()),
        caption=facts.caption,
        duration_s=_number(facts.duration_s),
        # the Display API does not tell the sound
        sound="",
        cover=facts.cover,
        observations=tuple(_counts(facts.observations)),
    )


def _counts(observations: Iterable[ObservedCounts]) -> Iterable[Counts]:
    for seen in observations:
        yield Counts(
            observed_at=int(seen.observed_at.timestamp()),
            likes=_number(seen.likes),
            comments=_number(seen.comments),
            shares=_number(seen.shares),
            views=_number(seen.views),
        )


def _number(value: int | None) -> float:
    return math.nan if value is None else float(value)
