"""Suggestions: changes to a draft whose effects on its account are sure enough to be told.

A change is suggested where the posterior probability that it helps by `HELPS` is at least `MIN_CHANCE`. The expected
share of the others among all that pass is then below 1 - MIN_CHANCE, a false discovery rate of a tenth at most (Newton
et al., "Detecting differential gene expression with a semiparametric hierarchical mixture method", Biostatistics 2004).
The effect told is the posterior mean. Under a prior that was learned across accounts it needs no correction for having
been chosen (Senn, "A Note Concerning a Selection Paradox of Dawid's", The American Statistician 2008): shrinkage has
been done.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from predictions.engine.advice.changes import Change, own_posts_like, possible_changes
from predictions.engine.data.history import hashed_tags
from predictions.engine.effects.account_effects import AccountEffects, Contrasts, Posterior
from predictions.engine.effects.design import TIME_WIDTH, content_design, time_design
from predictions.engine.effects.local_time import local_seconds
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.types import DAY, Draft, Floats

Evidence = Literal["own_posts", "other_creators"]

MAX_SUGGESTIONS = 5
HELPS = math.log(1.02)
"""A smaller effect (log units) is no help."""
MIN_CHANCE = 0.9
"""Probability that a suggested change helps by `HELPS`."""
MIN_WORTH = math.log(1.03)
"""Smaller effects (log units) are not worth a suggestion."""
WINDOW = 2 * DAY
"""Width of the window of publishing times where none is given (seconds)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Changes (one, or those of the best combination), what they do, and what that rests on."""

    changes: tuple[Change, ...]
    draft: Draft
    """The draft after the changes; of a wording that is left to the creator only the measures change."""
    text: str
    effect: float
    """Posterior mean (log units)."""
    low: float
    high: float
    """80 % interval (log units)."""
    chance: float
    """Probability that it helps."""
    own_posts: int
    """Posts of the account that have what the first change brings."""
    evidence: Evidence

    @property
    def percent(self) -> tuple[float, float, float]:
        """Effect, low and high in per cent."""
        effect, low, high = (round(100 * math.expm1(value), 1) for value in (self.effect, self.low, self.high))
        return effect, low, high


@dataclass(frozen=True, slots=True)
class Advice:
    """At most `MAX_SUGGESTIONS` suggestions, best first; none: nothing reliable was found."""

    suggestions: tuple[Suggestion, ...]
    combination: Suggestion | None
    """All of them at once; None for fewer than two."""


def default_window(publish_at: int, now: int) -> tuple[int, int]:
    """Return the first and last moment to publish at: the `WINDOW` from now, or around a later `publish_at`."""
    if publish_at <= now + WINDOW:
        return now, now + WINDOW
    return publish_at - WINDOW // 2, publish_at + WINDOW // 2


def advise(
    prior: EffectsPrior,
    account: LearnedAccount,
    draft: Draft,
    text: str,
    *,
    window: tuple[int, int],
    max_hashtags: int,
    without: Sequence[str] = (),
) -> Advice:
    """Return what to change of a draft.

    `text` is the caption with its hashtags inline; `without` are features that are not suggested. All candidates are
    scored in one batch.
    """
    changes = [
        change
        for change in possible_changes(account, draft, text, window=window, max_hashtags=max_hashtags)
        if change.feature not in without
    ]
    history = account.history.known_at(account.as_of)
    if not changes or not len(history):
        return Advice((), None)
    effects = account.effects
    posterior = account.posterior(prior)
    rows = columns_after(effects, draft, text, changes)
    differences = rows[1:] - rows[0]
    contrasts = posterior.contrast(differences)
    effect, chance = contrasts.effect, contrasts.chance_above(HELPS)
    chosen: list[int] = []
    for i in np.argsort(-effect, kind="stable").tolist():
        if len(chosen) == MAX_SUGGESTIONS or effect[i] < MIN_WORTH:
            break
        if chance[i] >= MIN_CHANCE and not any(changes[i].conflicts(changes[j]) for j in chosen):
            chosen.append(i)
    if not chosen:
        return Advice((), None)
    told = _in_numbers(contrasts, chosen)
    results = {i: changes[i].apply(draft, text) for i in chosen}
    # what other creators alone would say
    alone = account.posterior_of_others(prior).contrast(differences[chosen]).chance_above(HELPS)
    suggestions = tuple(
        Suggestion(
            changes=(changes[i],),
            draft=results[i][0],
            text=results[i][1],
            effect=float(effect[i]),
            low=low,
            high=high,
            chance=float(helps),
            own_posts=own_posts_like(account, history, changes[i]),
            evidence="other_creators" if others >= MIN_CHANCE else "own_posts",
        )
        for i, (low, high), others, helps in zip(
            chosen, told, alone.tolist(), contrasts.chance_above(0.0)[chosen].tolist(), strict=True
        )
    )
    return Advice(suggestions, _combination(posterior, effects, draft, text, suggestions, max_hashtags))


def _combination(
    posterior: Posterior,
    effects: AccountEffects,
    draft: Draft,
    text: str,
    suggestions: Sequence[Suggestion],
    max_hashtags: int,
) -> Suggestion | None:
    """Return all suggestions at once, without hashtags that would be too many; None where one is left."""
    changed, changes = (draft, text), list[Change]()
    # a length counts the hashtags of the draft: it is set before they change, and room is made before any is added
    for change in sorted(
        (s.changes[0] for s in suggestions), key=lambda c: (c.feature == "hashtags", c.action == "add")
    ):
        after = change.apply(*changed)
        is_tag = (change.feature, change.action) == ("hashtags", "add")
        if not is_tag or len(after[0].caption.hashtags) <= max_hashtags:
            changed = after
            changes.append(change)
    if len(changes) < 2:
        return None
    before, after_all = columns_of(effects, [draft, changed[0]])
    contrasts = posterior.contrast((after_all - before)[None])
    [(low, high)] = _in_numbers(contrasts, [0])
    by_worth = [s.changes[0] for s in suggestions if s.changes[0] in changes]
    return Suggestion(
        tuple(by_worth), *changed, float(contrasts.effect[0]), low, high, float(contrasts.chance_above(0.0)[0]),
        min(s.own_posts for s in suggestions if s.changes[0] in changes), suggestions[0].evidence,
    )  # fmt: skip


def columns_after(effects: AccountEffects, draft: Draft, text: str, changes: Sequence[Change]) -> Floats:
    """Return the design's columns (1 + m, d) of a draft, then of the draft after each of m changes."""
    is_move = np.array([False, *(change.feature == "post_time" for change in changes)])
    others = [change.apply(draft, text)[0] for change in changes if change.feature != "post_time"]
    designed = columns_of(effects, [draft, *others])
    rows = np.repeat(designed[:1], len(is_move), axis=0)
    rows[~is_move] = designed
    # most changes are times, which change no other column
    moments = np.array([change.target for change in changes if change.feature == "post_time"], dtype=np.int64)
    rows[is_move, :TIME_WIDTH] = time_design(local_seconds(moments, effects.zone, effects.offset))
    return rows


def columns_of(effects: AccountEffects, drafts: Sequence[Draft]) -> Floats:
    """Return the design's columns (n, d) of drafts."""
    tags = np.stack([hashed_tags(draft.caption) for draft in drafts])
    return effects.columns(np.array([draft.publish_at for draft in drafts]), content_design(drafts), tags)


def _in_numbers(contrasts: Contrasts, rows: list[int]) -> list[tuple[float, float]]:
    """Return the 80 % intervals of some of the changes."""
    chosen = Contrasts(contrasts.weight, contrasts.mean[rows], contrasts.deviation[rows])
    low, high = chosen.quantiles((0.1, 0.9))
    return list(zip(low.tolist(), high.tolist(), strict=True))
