"""Reads of predictions: what a forecast needs, which weights are stale, which predictions wait for their outcome."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast, Coalesce, Extract, Mod
from django.db.models.lookups import Exact
from numpy.typing import NDArray

from accounts.models import TikTokAccount, User
from accounts.selectors import follower_counts
from posts.models import Post, PostContent
from posts.selectors import ObservedCounts, PostFacts, account_posts
from predictions.engine import HORIZON, AccountHistory, Counts, PublishedPost
from predictions.engine.evaluation.drift import KEPT_DAYS, RECENT_DAYS, REFERENCE_DAYS, SETTLED_AFTER_DAYS, Misses
from predictions.engine.features.tabular import TABULAR
from predictions.engine.global_model import FEATURES_VERSION
from predictions.engine.types import HOUR
from predictions.models import (
    AccountWeights,
    Benchmark,
    DriftCheck,
    Feedback,
    Miss,
    ModelVersion,
    Outcome,
    Prediction,
)
from predictions.outcomes import Planned, Published
from predictions.pseudonyms import pseudonym
from predictions.skill import Compared, Skill, skill_over
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

HORIZON_DELTA = timedelta(seconds=HORIZON)
POSTS_JUDGED = 50
"""How many of an account's latest posts tell how well Postcast does for it: models and accounts change."""
FEATURE_ACCOUNTS = 1_000
"""About as many accounts are enough to see features move; a check must not read all of them every hour."""
MISS_ACCOUNTS = 2_000
"""About as many tell drift early enough: it is limited by what days have in common, and an account has many misses."""
SIZES = (0, 1_000, 10_000, 100_000, 1_000_000)
"""The least number of followers of each size of account that benchmarks tell apart."""
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


class Serving(TypedDict):
    """The model versions for an account and whether it may be forecast for now, as attributes of its row.

    The champion is None while there is only the prior, the canary while none runs or it serves other accounts.
    """

    champion_id: int | None
    canary_id: int | None
    may_serve: bool


@dataclass(frozen=True, slots=True)
class StaleWeights:
    """What an account's weights have not seen yet, as it was when they were found stale."""

    posts_sequence: int
    canary_id: int | None


def accounts_for_forecast(user: User, public_id: str | None) -> "list[WithAnnotations[TikTokAccount, Serving]]":
    """The person's account of that id, or all that are connected, with weights and the models that serve: one query.

    An account of somebody else is not among them.
    """
    accounts = TikTokAccount.objects.filter(user=user.pk)
    accounts = accounts.filter(public_id=public_id) if public_id else accounts.filter(disconnected_at=None)
    return list(
        accounts.select_related("weights").annotate(
            champion_id=CHAMPION_ID,
            canary_id=CANARY_ID,
            may_serve=consents_to(Purpose.SERVICE, "user"),
        )
    )


def account_history(account_id: int, as_of: datetime, *, purpose: Purpose) -> AccountHistory:
    """The account's posts as the engine takes them, using only what was known at `as_of`."""
    told = follower_counts(account_id, as_of, purpose=purpose)
    counts = tuple((int(observed_at.timestamp()), _number(followers)) for observed_at, followers in told)
    posts = tuple(_published(facts) for facts in account_posts(account_id, as_of, purpose=purpose))
    return AccountHistory(str(account_id), counts[-1][1] if counts else math.nan, posts, counts)


def accounts_to_learn_from() -> QuerySet[TikTokAccount]:
    """Accounts that the global model may be learned from: the one place that says so.

    All that are connected, whose people agree to the service and to learning.
    """
    require_declared(Purpose.LEARNING, TikTokAccount)
    return TikTokAccount.objects.filter(
        consents_to(Purpose.SERVICE, "user"), consents_to(Purpose.LEARNING, "user"), disconnected_at=None
    )


def one_by_one(accounts: QuerySet[TikTokAccount]) -> Iterator[TikTokAccount]:
    """The accounts in the order of their public ids, which are random; without those that left before their turn.

    Going through them takes minutes, in which consents are withdrawn: each is asked for again right before its data is
    read.
    """
    for account_id in list(accounts.order_by("public_id").values_list("pk", flat=True)):
        yield from accounts.filter(pk=account_id)


def size_of(followers: int) -> int:
    """The size that an account with so many followers is of: the least number of followers of its size."""
    return SIZES[bisect_right(SIZES, followers) - 1]


def most_followers(size: int) -> int | None:
    """How many followers accounts of the size have at most; None: without bound."""
    larger = [other for other in SIZES if other > size]
    return larger[0] - 1 if larger else None


def benchmark_of(followers: int | None) -> Benchmark | None:
    """What accounts of that size usually get: the newest figures. None where too few accounts were there for any."""
    if followers is None:
        return None
    newest = Benchmark.objects.filter(least_followers=size_of(followers)).first()
    return newest if newest and newest.accounts is not None else None


def training_histories(as_of: datetime) -> Iterator[AccountHistory]:
    """Histories of the accounts that may be learned from, by keyed pseudonym, as of a moment: one account at a time."""
    for account in one_by_one(accounts_to_learn_from()):
        history = account_history(account.pk, as_of, purpose=Purpose.LEARNING)
        yield replace(history, account_id=pseudonym(account.public_id))


def published_posts(account_id: int, as_of: datetime, *, purpose: Purpose) -> dict[int, PublishedPost]:
    """The account's posts by primary key, as the engine takes them."""
    return {facts.post_id: _published(facts) for facts in account_posts(account_id, as_of, purpose=purpose)}


def stale_accounts(now: datetime, *, beside: int | None) -> "QuerySet[TikTokAccount]":
    """Accounts whose weights have not seen the newest posts, the model that serves them, or a label that matured.

    That model is the canary, or `beside`: the champion, or None for the prior. Oldest first. Accounts of which nothing
    is known yet are not stale: there is nothing to learn from.
    """
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
            # the prior is null, which in SQL equals nothing, not even itself
            | ~Exact(Coalesce("weights__model_version", 0), Coalesce(CANARY_ID, beside or 0))
            | Exists(matured)
        )
        .order_by(F("weights__as_of").asc(nulls_first=True), "pk")
    )


def stale_weights(account_id: int, now: datetime, *, beside: int | None) -> StaleWeights | None:
    """What the account's weights have not seen; None where it is none of `stale_accounts`. One query."""
    found = stale_accounts(now, beside=beside).filter(pk=account_id).annotate(canary_id=CANARY_ID)
    row = found.values_list("posts_change__sequence", "canary_id").first()
    return StaleWeights(*row) if row else None


def versions(of: str = "model_version") -> "Prefetch[Any]":
    """To be prefetched for rows that refer to model versions: each is read once, without what is large in it."""
    return Prefetch(of, queryset=ModelVersion.objects.all())


def predictions_of(user: User) -> QuerySet[Prediction]:
    """All predictions for the person's accounts, newest first, with their outcomes."""
    predictions = Prediction.objects.filter(account__user=user.pk)
    return predictions.select_related("account", "outcome__post").prefetch_related(versions())


def subjects_of(prediction: Prediction) -> tuple[str, ...]:
    """What feedback on the prediction may be about. Suggestions belong here once they are made and recorded with it."""
    return (Feedback.FORECAST,)


def feedback_on(prediction: Prediction) -> QuerySet[Feedback]:
    """All that was said of the prediction and its suggestions, by subject."""
    return Feedback.objects.filter(prediction=prediction.pk).order_by("subject")


def account_skill(account_id: int) -> Skill:
    """How the account's forecasts did against its moving average, over its latest posts that met one: one query.

    A draft is often forecast several times; the last forecast counts, the one that its writer published with (outcomes
    meet only posts that were published after the forecast). Posts without a like, or forecast without a baseline, have
    no error to compare and are left out. So are estimates, which are too unsure to judge by, but those are counted.
    """
    last_of_each_post = (
        Outcome.objects.filter(prediction__account=account_id)
        .order_by("post_id", "-prediction__created_at", "-prediction_id")
        .distinct("post_id")
    )
    compared = Outcome.objects.filter(
        pk__in=last_of_each_post.values("pk"), typical_error__isnull=False, baseline_error__isnull=False
    ).order_by("-post__posted_at", "-post_id")
    rows = compared.values_list("label", "typical_error", "baseline_error", "within_interval")[:POSTS_JUDGED]
    measured = [row[1:] for row in rows if row[0] == Outcome.Label.MEASURED]
    return skill_over(
        [Compared(*row) for row in measured],  # type: ignore[arg-type]  # the filter leaves no None
        estimated=len(rows) - len(measured),
    )


def weights_of(user: User) -> QuerySet[AccountWeights]:
    """The weights of the person's accounts, without the state itself."""
    weights = AccountWeights.objects.filter(account__user=user.pk)
    return weights.select_related("account").prefetch_related(versions()).defer("state")


def predictions_due(now: datetime, *, given_up_after: timedelta) -> QuerySet[Prediction]:
    """Predictions whose horizon has passed, not longer ago than that, and that met no post yet.

    Of those who agree to forecasts and posts being compared.
    """
    return Prediction.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"),
        consents_to(Purpose.OUTCOMES, "account__user"),
        outcome=None,
        scheduled_for__lte=now - HORIZON_DELTA,
        scheduled_for__gt=now - HORIZON_DELTA - given_up_after,
    )


def planned_drafts(account_id: int, after: datetime, before: datetime) -> list[Planned]:
    """The account's predictions for that time, whether they met a post or not."""
    require_declared(Purpose.OUTCOMES, Prediction)
    return [
        Planned(*row)
        for row in Prediction.objects.filter(account=account_id, scheduled_for__range=(after, before)).values_list(
            "pk", "caption_fingerprint", "created_at", "scheduled_for"
        )
    ]


def published_captions(account_id: int, after: datetime, before: datetime) -> list[Published]:
    """The account's posts of that time, with what recognises their captions."""
    require_declared(Purpose.OUTCOMES, Post, PostContent)
    return [
        Published(*row)
        for row in Post.objects.filter(
            account=account_id, posted_at__range=(after, before), content__isnull=False
        ).values_list("pk", "content__caption_fingerprint", "posted_at")
    ]


def misses_to_learn_from(after: datetime, until: datetime) -> QuerySet[Miss]:
    """Misses due within that time, of people who agree to the service and to learning: drift reads no others."""
    require_declared(Purpose.LEARNING, Miss)
    agreeing = TikTokAccount.objects.filter(
        consents_to(Purpose.SERVICE, "user"), consents_to(Purpose.LEARNING, "user")
    ).values("pk")
    # by account: of each there are hundreds of misses, and two consents to look for
    return Miss.objects.filter(account__in=agreeing, due_at__gt=after, due_at__lte=until)


def misses(now: datetime) -> Misses:
    """What is tested for drift: the misses due by `now` that can still matter, of a share of accounts."""
    rows = _of_some_accounts(misses_to_learn_from(now - timedelta(days=KEPT_DAYS), now), MISS_ACCOUNTS)
    found = rows.values_list("account_id", _seconds("due_at"), "age_h", "miss", "covered")
    account, due_at, age_h, miss, covered = list(zip(*found, strict=True)) or ((), (), (), (), ())
    age = np.array(age_h, np.int64) * HOUR
    posted_at = np.array(due_at, np.int64) - age
    return Misses(np.array(account, np.int64), posted_at, age, np.array(miss, np.float64), np.array(covered, np.bool_))


def drift_alarms(now: datetime) -> QuerySet[DriftCheck]:
    """The alarms whose episodes can still matter, in order."""
    reach = now - timedelta(days=KEPT_DAYS + SETTLED_AFTER_DAYS)
    return DriftCheck.objects.filter(verdict=DriftCheck.Verdict.ALARM, checked_at__gt=reach).order_by("checked_at")


def recent_features(now: datetime) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Account (n,), due time (n,) and features (n, len(TABULAR)) of the last weeks' misses, of a share of accounts."""
    reach = now - timedelta(days=REFERENCE_DAYS + RECENT_DAYS)
    rows = misses_to_learn_from(reach, now).filter(age_h=HORIZON // HOUR, features_version=FEATURES_VERSION)
    found = list(_of_some_accounts(rows, FEATURE_ACCOUNTS).values_list("account_id", _seconds("due_at"), "features"))
    features = np.frombuffer(b"".join(bytes(row[2]) for row in found), "<f4").reshape(len(found), len(TABULAR))
    account, due_at = (np.array([row[column] for row in found], np.int64) for column in (0, 1))
    return account, due_at, features


def _of_some_accounts(misses: QuerySet[Miss], most: int) -> QuerySet[Miss]:
    """Those of all accounts or, of more than `most`, of a share of them: what an hourly check reads is bounded."""
    accounts = misses.aggregate(accounts=Count("account", distinct=True))["accounts"]
    return misses.alias(part=Mod("account_id", max(1, math.ceil(accounts / most)))).filter(part=0)


def _seconds(column: str) -> Extract:
    return Extract(column, "epoch", output_field=BigIntegerField())


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
