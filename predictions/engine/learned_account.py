"""Everything that a forecast needs of an account, learned from its history."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

from posts.content.captions import EXTRACTOR_VERSION
from predictions.engine.archive import UnreadableArchive, arrays_of, pack, unpack
from predictions.engine.data.growth import is_usable
from predictions.engine.data.history import WINDOW, History, Timeline, hash_of
from predictions.engine.effects.account_effects import AccountEffects, Posterior
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.effects.randomised import learn_with_experiments
from predictions.engine.estimators.account_noise import AccountNoise, replay_noise
from predictions.engine.features.rows import rows_of_account
from predictions.engine.features.similarity_gp import FittedGP, PostSimilarityGP
from predictions.engine.global_model import GlobalModel
from predictions.engine.replay_errors import ReplayErrors
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, AccountHistory

FORMAT_VERSION = 5
_MAX_BYTES = 16 * 1024 * 1024
_STORED = {"numbers": np.float32, "embedding": np.int8}
"""Smaller types that hold the history's arrays exactly."""


_EFFECT_ARRAYS = ("tags", "gram", "usual")
_EFFECT_NUMBERS = ("uncertainty", "learned_at", "posts", "offset", "zone")


class UnreadableAccount(ValueError):
    """The bytes are no learned account of this format; the message says why."""


@dataclass(frozen=True, slots=True)
class LearnedAccount:
    """Use `learn_account(...)` or `LearnedAccount.from_bytes(...)`.

    >>> new = learn_account(GlobalModel.prior(), AccountHistory("new", followers=1_000.0, posts=()), as_of=0)
    >>> LearnedAccount.from_bytes(new.to_bytes()).followers
    1000.0
    """

    as_of: int
    followers: float
    history: History
    """The latest posts, also those whose horizon had not passed at `as_of`: a later forecast may use them."""
    effects: AccountEffects
    """Effects on its audience, learned from the labels known at `as_of`."""
    noise: AccountNoise
    tag_names: tuple[str, ...]
    """The hashtags of `effects.tags`, in their order."""
    gp: FittedGP | None
    """The GP over the posts known at `as_of`; None without a labelled post."""
    ignored: int
    """Posts left out because they claim to be published after `as_of`."""
    _posteriors: dict[str, tuple[EffectsPrior, Posterior]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def posts(self) -> int:
        """Number of posts that it holds."""
        return len(self.history)

    def posterior(self, prior: EffectsPrior) -> Posterior:
        """Return the posterior of its effects, computed once for a prior."""
        return self._remembered("own", self.effects, prior)

    def posterior_of_others(self, prior: EffectsPrior) -> Posterior:
        """Return what other creators alone say of its effects, computed once for a prior."""
        return self._remembered("others", AccountEffects(tags=self.effects.tags), prior)

    def _remembered(self, name: str, effects: AccountEffects, prior: EffectsPrior) -> Posterior:
        known = self._posteriors.get(name)
        if known is None or known[0] is not prior:
            known = self._posteriors[name] = (prior, effects.posterior(prior))
        return known[1]

    def to_bytes(self) -> bytes:
        """Return an archive of plain arrays; the same account gives the same bytes."""
        head = {
            "format": FORMAT_VERSION,
            "extractor": EXTRACTOR_VERSION,
            "as_of": self.as_of,
            "followers": self.followers if math.isfinite(self.followers) else None,
            "ignored": self.ignored,
            "noise": [self.noise.total, self.noise.posts],
            "tag_names": self.tag_names,
            "effects": {name: getattr(self.effects, name) for name in _EFFECT_NUMBERS},
        }
        arrays = {f.name: getattr(self.history, f.name) for f in fields(History)}
        arrays = {name: array.astype(_STORED.get(name, array.dtype)) for name, array in arrays.items()}
        arrays |= {f"effects/{name}": getattr(self.effects, name) for name in _EFFECT_ARRAYS}
        return pack(head, arrays | {"gp": self.gp.weights if self.gp else np.zeros(0)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read an archive. Raises UnreadableAccount when it is none, damaged, or of another version."""
        try:
            head, arrays = unpack(data, max_bytes=_MAX_BYTES)
            if (head["format"], head["extractor"]) != (FORMAT_VERSION, EXTRACTOR_VERSION):
                raise UnreadableAccount(
                    f"The account has format {head['format']} and extractor {head['extractor']}; this code reads "
                    f"format {FORMAT_VERSION} and extractor {EXTRACTOR_VERSION}: learn the account again."
                )
            stored: dict[str, Any] = {**arrays_of("effects", arrays), **head["effects"]}
            effects = AccountEffects(**stored)
            tag_names = tuple(map(str, head["tag_names"]))
            if len(tag_names) != len(effects.tags):
                raise UnreadableAccount("The account's hashtags and their effects differ in number.")
            columns = {f.name: arrays[f.name] for f in fields(History)}
            if {len(column) for column in columns.values()} != {len(columns["posted_at"])}:
                raise UnreadableAccount("The account's columns differ in length.")
            # beside no posts: their columns restore the stored types, and refuse other shapes
            history = History.concatenate([History.of_contents((), []), History(**columns)])
            followers = math.nan if head["followers"] is None else float(head["followers"])
            as_of, gp_weights = int(head["as_of"]), arrays["gp"]
            posts = history.known_at(as_of)
            if gp_weights.ndim != 1 or len(gp_weights) > len(posts):
                raise UnreadableAccount("The account's GP has another shape than its history.")
            gp = FittedGP(posts[len(posts) - len(gp_weights) :], gp_weights) if len(gp_weights) else None
            noise = AccountNoise(*map(float, head["noise"]))
            return cls(as_of, followers, history, effects, noise, tag_names, gp, int(head["ignored"]))
        except UnreadableAccount:
            raise
        except (UnreadableArchive, KeyError, ValueError, TypeError) as error:
            raise UnreadableAccount(f"The bytes are no learned account, or a damaged one ({error!r}).") from error


def learn_account(model: GlobalModel, account: AccountHistory, *, as_of: int) -> LearnedAccount:
    """Learn an account from the posts and observations made until `as_of` (epoch seconds).

    The latest `WINDOW` posts are replayed in order: each is forecast with effects from earlier labels, then learned
    from. Every call starts anew, so that a label estimated yesterday and measured today counts once, as measured.

    >>> learn_account(GlobalModel.prior(), AccountHistory("new", followers=1_000.0, posts=()), as_of=0).posts
    0
    """
    return learn_and_replay(model, account, as_of=as_of)[0]


@one_blas_thread()
def learn_and_replay(model: GlobalModel, account: AccountHistory, *, as_of: int) -> tuple[LearnedAccount, ReplayErrors]:
    """Learn an account, and return the errors of the replayed forecasts.

    >>> new = AccountHistory("new", followers=1_000.0, posts=())
    >>> learned, errors = learn_and_replay(GlobalModel.prior(), new, as_of=0)
    >>> len(errors)
    0
    """
    ignored = sum(p.posted_at > as_of for p in account.posts)
    account = without_old_posts(account, as_of)
    timeline = Timeline(account, model.curve, "horizon", until=as_of, fill=model.counts.likes_of)
    timeline.advance(as_of)
    rows = rows_of_account(0, account, model.curve, "horizon", as_of, WINDOW, model.counts.likes_of)
    rows = rows.with_effects(model.effects, [account.zone])
    log_forecast = model.predict(rows.base, rows.tabular, rows.topic)
    miss = (rows.label - log_forecast.typical) / log_forecast.spread
    factors, noise = replay_noise(rows.posted_at, miss, rows.known_from)
    served = model.calibrate(log_forecast, factors, rows.base_sd)
    errors = ReplayErrors.of(timeline, rows, served, as_of)
    followers = account.followers_at(as_of, as_of)
    followers = followers if 0 <= followers < math.inf else math.nan
    history = _latest(timeline.contents())
    labelled = history.known_at(as_of)
    gp = PostSimilarityGP().learn(labelled) if len(labelled) else None
    known = rows[rows.known_from <= as_of]
    drawn = [timeline.posts[position].drawn for position in known.post.tolist()]
    effects = learn_with_experiments(model.effects, known.effect_posts(account.zone), drawn)
    names = {hash_of(tag): tag for post in timeline.posts for tag in post.caption.hashtags}
    tag_names = tuple(names[tag] for tag in effects.tags.tolist())
    return LearnedAccount(as_of, followers, history, effects, noise, tag_names, gp, ignored), errors


def without_old_posts(account: AccountHistory, as_of: int) -> AccountHistory:
    """Return the account without posts too old for any row or forecast to read."""
    posts = sorted((p for p in account.posts if p.posted_at <= as_of), key=lambda p: (p.posted_at, p.post_id))
    horizon_passed = posts[max(0, len(posts) - WINDOW)].posted_at - HORIZON if posts else as_of
    labelled = [
        i
        for i, p in enumerate(posts)
        if p.posted_at <= horizon_passed
        and any(c.observed_at <= as_of and is_usable(p.posted_at, c) for c in p.observations)
    ]
    return replace(account, posts=tuple(posts[labelled[-WINDOW] :])) if len(labelled) > WINDOW else account


def _latest(history: History) -> History:
    """Return what a forecast may need: the latest labelled posts, and as many whose horizon has passed.

    Posts of the last day are not part of a forecast made now, and must not push out the older ones.
    """
    labelled = ~np.isnan(history.likes)
    passed = int(np.searchsorted(history.posted_at, history.posted_at[-1:] - HORIZON, side="right").sum())
    return history[np.union1d(np.flatnonzero(labelled)[-WINDOW:], np.flatnonzero(labelled[:passed])[-WINDOW:])]
