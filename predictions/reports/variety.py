"""Measure how alike suggestions are across creators: the same advice for all makes all posts the same."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from privacy.anonymity.releases import K

MIN_ACCOUNTS = K
"""Fewer accounts are not compared, as in docs/anonymity.md: figures over a few say something of each."""
LEAST_VARIETY = 4.0
"""Effectively different suggestions: fewer mean that one thing is told to nearly everybody."""
MOST_SIMILAR = 0.3
"""Mean Jaccard similarity of two accounts' hashtags. Five tags of which two are common have 0.25."""

_PAIRS = 2_000
"""Pairs of accounts that are compared, drawn at random where there are more."""
_HOURS = 6
"""Suggestions are compared by parts of the day (UTC): what is told in the morning may differ from the evening."""


@dataclass(frozen=True, slots=True)
class ToldDraft:
    """A draft of an account and what it was told: the suggestions as they were recorded."""

    account_id: int
    language: str
    """The language of most of the account's posts, or "" if none is known."""
    publish_at: datetime
    hashtags: Sequence[str]
    suggestions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Variety:
    """Figures over the suggestions of all accounts; empty or None where too few accounts were told anything."""

    accounts: int
    suggestions: int
    varieties: Mapping[str, float]
    similarity: float | None

    @property
    def alarms(self) -> list[str]:
        """Figures beyond their bounds, in words."""
        alarms = [
            f"{group}: effectively {variety:.1f} different suggestions, fewer than {LEAST_VARIETY:g}"
            for group, variety in self.varieties.items()
            if variety < LEAST_VARIETY
        ]
        if self.similarity is not None and self.similarity > MOST_SIMILAR:
            alarms.append(f"hashtags: two accounts' are alike by {self.similarity:.2f}, more than {MOST_SIMILAR:g}")
        return alarms


def variety_of(drafts: Sequence[ToldDraft], *, seed: int) -> Variety:
    """Return how different the suggestions are; each account counts once, however many drafts it has.

    `seed` chooses the pairs of accounts whose hashtags are compared.
    """
    told = [draft for draft in drafts if draft.suggestions]
    return Variety(
        accounts=len({draft.account_id for draft in told}),
        suggestions=sum(len(draft.suggestions) for draft in told),
        varieties=dict(_varieties(told)),
        similarity=_similarity(told, np.random.default_rng(seed)),
    )


def effective_number(shares: Sequence[float]) -> float:
    """Return exp(entropy) of shares: 1 if all are the same, n if n are equally frequent (Hill's number of order 1).

    >>> effective_number([1, 1, 1, 1])
    4.0
    """
    total = sum(shares)
    entropy = -sum(share / total * math.log(share / total) for share in shares if share > 0)
    return round(math.exp(entropy), 6)


def _varieties(told: Sequence[ToldDraft]) -> list[tuple[str, float]]:
    """Return the effective number of different suggestions by language and hours, where enough accounts have some."""
    groups: dict[tuple[str, int], dict[int, Counter[tuple[str, str, str]]]] = {}
    for draft in told:
        group = (draft.language, draft.publish_at.hour // _HOURS)
        of_account = groups.setdefault(group, {}).setdefault(draft.account_id, Counter())
        of_account.update(_kind(suggestion) for suggestion in draft.suggestions)
    varieties = []
    for (language, part), accounts in sorted(groups.items()):
        if len(accounts) >= MIN_ACCOUNTS:
            shares: Counter[tuple[str, str, str]] = Counter()
            for kinds in accounts.values():
                for kind, count in kinds.items():
                    shares[kind] += count / kinds.total()  # type: ignore[assignment]
            name = f"{language or 'unknown'}, {part * _HOURS:02}:00 to {part * _HOURS + _HOURS:02}:00 UTC"
            varieties.append((name, effective_number(list(shares.values()))))
    return varieties


def _kind(suggestion: Mapping[str, Any]) -> tuple[str, str, str]:
    value = str(suggestion["value"])
    # of a moment the hour is what can be common to many
    return suggestion["feature"], suggestion["action"], value[11:13] if suggestion["feature"] == "post_time" else value


def _similarity(told: Sequence[ToldDraft], random: np.random.Generator) -> float | None:
    """Return the mean Jaccard similarity of two accounts' hashtags after all suggestions were followed."""
    tags: dict[int, set[str]] = {}
    for draft in told:
        tags.setdefault(draft.account_id, set()).update(_resulting_tags(draft))
    sets = [each for _, each in sorted(tags.items()) if each]
    if len(sets) < MIN_ACCOUNTS:
        return None
    first = random.integers(len(sets), size=_PAIRS)
    second = (first + random.integers(1, len(sets), size=_PAIRS)) % len(sets)
    return float(np.mean([_jaccard(sets[i], sets[j]) for i, j in zip(first, second, strict=True)]))


def _resulting_tags(draft: ToldDraft) -> set[str]:
    tags = {tag.casefold() for tag in draft.hashtags}
    for suggestion in draft.suggestions:
        if suggestion["feature"] == "hashtags":
            tag = str(suggestion["value"]).removeprefix("#").casefold()
            tags = tags | {tag} if suggestion["action"] == "add" else tags - {tag}
    return tags


def _jaccard(one: Set[str], other: Set[str]) -> float:
    return len(one & other) / len(one | other)
