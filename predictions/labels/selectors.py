"""Reads for comparing captions: accounts that let staff, pairs that wait for a rater, votes, and what was measured."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django_stubs_ext import WithAnnotations

from accounts.models import TikTokAccount
from posts.models import Origin, Post, PostContent
from predictions.labels.agreement import Votes
from predictions.labels.drawing import Candidate
from predictions.models import LabelPair, LabelVote
from predictions.models.labels import RATERS
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

NEEDED = frozenset({Purpose.SERVICE, Purpose.DRAFTS, Purpose.COMPARING})
"""Purposes without which staff see no caption: captions are kept for the second, and shown to them for the third."""
NEWEST = 200
"""Posts of an account that pairs are drawn from."""
FEWEST_WORDS = 2
"""Of a caption that can be compared."""
MOST_JUDGED = 300
"""Newest pairs of a question that figures are told of."""


class VotesCast(TypedDict):
    """A column of `waiting_pairs`."""

    votes_cast: int


@dataclass(frozen=True, slots=True)
class WaitingPair:
    """A pair for a rater."""

    pair: LabelPair
    is_mirrored: bool
    """Whether the pair's right caption stands left, as it does for the second rater."""


@dataclass(frozen=True, slots=True)
class VotedPair:
    """A pair with its two votes, in terms of the pair as it was drawn."""

    pk: int
    account_id: int
    left_id: int
    right_id: int
    votes: Votes


def accounts_to_compare() -> QuerySet[TikTokAccount]:
    """Return the connected accounts whose people agree to all that is `NEEDED`: the only place that decides."""
    require_declared(Purpose.COMPARING, Post, PostContent, LabelPair)
    return TikTokAccount.objects.filter(*_agreed("user"), disconnected_at=None)


def candidates(account_id: int) -> list[Candidate]:
    """Return the account's newest posts whose captions can be compared, newest first. One query."""
    posts = Post.objects.filter(account=account_id, origin=Origin.FETCHED, deleted_at=None)
    posts = posts.filter(content__words__gte=FEWEST_WORDS).exclude(caption="")
    rows = posts.order_by("-posted_at", "-pk").values_list("pk", "posted_at", "content__caption_fingerprint")
    return [Candidate(*row) for row in rows[:NEWEST]]


def drawn_pairs(account_id: int, question: LabelPair.Question) -> set[frozenset[int]]:
    """Return the account's pairs of posts (primary keys) that were drawn for the question. One query."""
    pairs = LabelPair.objects.filter(account=account_id, question=question)
    return {frozenset(pair) for pair in pairs.values_list("left_id", "right_id")}


def waiting_pairs(question: LabelPair.Question) -> "QuerySet[WithAnnotations[LabelPair, VotesCast]]":
    """Return pairs that lack votes and may still be shown, those that lack one first."""
    shown = Q(_shown("left"), _shown("right"), *_agreed("account__user"))
    pairs = LabelPair.objects.filter(shown, question=question).annotate(votes_cast=Count("votes"))
    return pairs.filter(votes_cast__lt=RATERS).order_by("-votes_cast", "pk")


def next_pair(question: LabelPair.Question, rater: str) -> WaitingPair | None:
    """Return a pair that waits for the rater, with its posts and account; None where none does. One query."""
    own = LabelVote.objects.filter(pair=OuterRef("pk"), rater=rater)
    pairs = waiting_pairs(question).filter(~Exists(own))
    pair = pairs.select_related("left", "right", "account").first()
    return WaitingPair(pair, is_mirrored=bool(pair.votes_cast)) if pair else None


def voted_pairs(question: LabelPair.Question) -> list[VotedPair]:
    """Return the newest pairs of the question that both raters have answered. Two queries."""
    done = LabelPair.objects.filter(question=question).annotate(votes_cast=Count("votes"))
    done = done.filter(votes_cast=RATERS).order_by("-pk").prefetch_related("votes")[:MOST_JUDGED]
    pairs = []
    for pair in done:
        first, second = (vote.preferred for vote in pair.votes.all())
        pairs.append(VotedPair(pair.pk, pair.account_id, pair.left_id, pair.right_id, (first, second)))
    return pairs


def counts_of_pairs() -> dict[str, dict[str, Any]]:
    """Return, by question, how many pairs were drawn and which people voted. One query."""
    rows = LabelPair.objects.values("question").order_by("question")
    raters = ArrayAgg("votes__rater", distinct=True, default=[])
    counted = rows.annotate(drawn=Count("pk", distinct=True), raters=raters)
    return {row["question"]: dict(row) for row in counted}


def measured_posts(account_ids: Collection[int]) -> dict[int, list[PostContent]]:
    """Return the measures of the accounts' posts with their posts, in order of publishing, by account. One query."""
    require_declared(Purpose.COMPARING, Post, PostContent)
    contents = PostContent.objects.filter(post__account__in=account_ids).select_related("post").defer("cover_embedding")
    by_account: defaultdict[int, list[PostContent]] = defaultdict(list)
    for content in contents.order_by("post__posted_at", "post_id").iterator():
        by_account[content.post.account_id].append(content)
    return by_account


def _agreed(person: str) -> Iterable[Exists]:
    return [consents_to(purpose, person) for purpose in sorted(NEEDED)]


def _shown(side: str) -> Q:
    return Q(**{f"{side}__deleted_at": None}) & ~Q(**{f"{side}__caption": ""})
