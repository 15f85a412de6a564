"""One account's effects: a linear model learned post by post, beside a level that drifts.

With l(t) a random walk, x what a creator controls and r the label's own uncertainty,

    label = l(t) + x . b + noise,   b ~ N(s mu, s^2 Sigma),   s in SCALES.

The level is integrated out by a Kalman filter of one dimension (Durbin and Koopman, "Time Series Analysis by State
Space Methods", 2012, 6.2: the augmented filter), which is linear: it whitens labels and columns alike. Their Gram
matrix is then all that the posterior of b needs (Gelman and Hill, "Data Analysis Using Regression", 2007, ch. 12, 13).
The scale s says whether the audience reacts at all; s = 0 is an audience that does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from predictions.engine.effects.design import WIDTH, time_design
from predictions.engine.effects.local_time import infer_offset, local_seconds
from predictions.engine.effects.population import SCALES, EffectsPrior
from predictions.engine.types import DAY, Floats

MAX_OWN_TAGS = 20
MIN_TAG_USES = 2
"""Hashtags used less often have no column."""

_MAX_GAP_DAYS = 60.0
"""A break lets the level drift no further than so many days would."""
_CLIP = 4.0
"""A label counts as at most so many standard deviations from what was expected: no viral post bends the effects."""
_NOISE_POSTS = 8.0
"""Posts' worth of "the noise is that of other accounts"."""
_NOISE_STEPS = 4


@dataclass(frozen=True, slots=True)
class Posterior:
    """A mixture of k normals over the effects b (d,), one for each of SCALES, and the noise of a post.

    The covariance of normal k is basis . diag(spread[k]) . basis transposed.
    """

    weight: Floats  # (k,)
    mean: Floats  # (k, d)
    basis: Floats  # (d, d)
    spread: Floats  # (k, d)
    noise: float
    """Variance of what no effect explains of one post (log units)."""

    def variances(self) -> Floats:
        """Return (k, d), the variance of each effect in each normal."""
        variances: Floats = self.spread @ (self.basis**2).T
        return variances

    def contrast(self, differences: Floats) -> "Contrasts":
        """Return the effects of differences (m, d) between two contents."""
        variance = (differences @ self.basis) ** 2 @ self.spread.T
        return Contrasts(self.weight, differences @ self.mean.T, np.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Effects of m changes (log units): mixtures of k normals, of which a deviation of zero is a point."""

    weight: Floats  # (k,)
    mean: Floats  # (m, k)
    deviation: Floats  # (m, k)

    @property
    def effect(self) -> Floats:
        """(m,) posterior means."""
        effects: Floats = self.mean @ self.weight
        return effects

    @property
    def sd(self) -> Floats:
        """(m,) standard deviations of the mixtures."""
        apart = self.mean - self.effect[:, None]
        sd: Floats = np.sqrt((self.deviation**2 + apart**2) @ self.weight)
        return sd

    def chance_above(self, threshold: Floats | float) -> Floats:
        """Return the probability (m,) that each effect is above a threshold (log units)."""
        distance = self.mean - np.reshape(threshold, (-1, 1))
        chance = np.where(self.deviation > 0, ndtr(distance / np.maximum(self.deviation, 1e-12)), distance > 0)
        above: Floats = chance @ self.weight
        return above

    def quantile(self, level: float) -> Floats:
        """Return a quantile (m,) of each effect, by bisection."""
        quantile: Floats = self.quantiles((level,))[0]
        return quantile

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Return quantiles (levels, m) of each effect, all at once: a step costs more than its sums."""
        reach = 6 * self.deviation.max(axis=1, initial=0.0) + 1e-9
        low, high = self.mean.min(axis=1) - reach, self.mean.max(axis=1) + reach
        each = np.repeat(levels, len(low))
        low, high = np.tile(low, len(levels)), np.tile(high, len(levels))
        repeated = Contrasts(
            self.weight, np.tile(self.mean, (len(levels), 1)), np.tile(self.deviation, (len(levels), 1))
        )
        for _ in range(40):
            middle = (low + high) / 2
            is_below = 1 - repeated.chance_above(middle) < each
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        quantiles: Floats = ((low + high) / 2).reshape(len(levels), -1)
        return quantiles


@dataclass(slots=True)
class AccountEffects:
    """The learned effects of one account; `learn` adds a post. Columns are those of `design`, then own hashtags."""

    tags: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    gram: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """(1 + d, 1 + d) products of whitened labels and columns, label first, in units of the noise."""
    usual: Floats = field(default_factory=lambda: np.zeros(0))
    """(1 + d,) the account's level (log1p likes), and the usual post at that level."""
    uncertainty: float = 0.0
    """Variance of the level, in units of the noise."""
    learned_at: int = 0
    """When the latest post was published (epoch seconds)."""
    posts: int = 0
    offset: int = 0
    """Seconds from UTC to local time; used where `zone` is empty."""
    zone: str = ""

    def __post_init__(self) -> None:
        width = 1 + WIDTH + len(self.tags)
        if not self.gram.size:
            self.gram, self.usual = np.zeros((width, width)), np.zeros(width)
        if self.gram.shape != (width, width) or self.usual.shape != (width,):
            raise ValueError("the account effects have another shape")

    def columns(self, publish_at: NDArray[np.int64], content: Floats, tags: NDArray[np.uint64]) -> Floats:
        """Return columns (n, d) from times (n,), contents (n, WIDTH - TIME_WIDTH) and hashed tags (n, MAX_TAGS)."""
        own = (tags[:, :, None] == self.tags).any(axis=1)
        return np.hstack([time_design(local_seconds(publish_at, self.zone, self.offset)), content, own])

    def learn(self, prior: EffectsPrior, posted_at: int, row: Floats, label: float, variance: float) -> None:
        """Learn one post, later than the last: its columns (d,), its label and the label's variance (log units)."""
        values = np.append(label, row)
        noise = 1.0 + variance / prior.noise
        if not self.posts:
            self.usual, self.uncertainty = values, noise
        else:
            days = min((posted_at - self.learned_at) / DAY, _MAX_GAP_DAYS)
            before = self.uncertainty + prior.walk * days
            total = before + noise
            surprise = values - self.usual
            reach = _CLIP * np.sqrt(total * prior.noise)
            surprise[0] = min(max(surprise[0], -reach), reach)
            self.gram += np.outer(surprise, surprise / total)
            self.usual = self.usual + before / total * surprise
            self.uncertainty = before * noise / total
        self.learned_at, self.posts = posted_at, self.posts + 1

    def posterior(self, prior: EffectsPrior) -> Posterior:
        """Return the effects' posterior; without posts, the prior across accounts.

        The noise is the account's own, shrunk to that of other accounts: it is found in turn with the effects.
        """
        mean, variances = prior.of_account(len(self.tags))
        root = np.sqrt(variances)
        products, evidence = self.gram[1:, 1:], self.gram[1:, 0]
        # one decomposition serves all scales and noises
        values, vectors = np.linalg.eigh(root[:, None] * products * root)
        values = np.maximum(values, 0.0)
        basis = root[:, None] * vectors
        along, usual = basis.T @ evidence, basis.T @ (products @ mean)
        scales = SCALES[:, None]
        noise, seen = prior.noise, max(self.posts - 1, 0)
        for _ in range(_NOISE_STEPS if seen else 1):
            # (P / noise + C^-1)^-1 of each scale, in the basis
            spread = scales**2 / (1 + scales**2 * values / noise)
            residual = (along - scales * usual) / noise
            means = scales * mean + (spread * residual) @ basis.T
            logs = np.log(prior.scale_shares) + 0.5 * (
                (spread * residual**2 - np.log1p(scales**2 * values / noise)).sum(axis=1)
                + (2 * SCALES * (mean @ evidence) - SCALES**2 * (mean @ products @ mean)) / noise
            )
            weight = np.exp(logs - logs.max())
            weight /= weight.sum()
            # the squares that are expected of what no effect explains
            squares = self.gram[0, 0] + weight @ (
                -2 * means @ evidence + np.einsum("ki,ij,kj->k", means, products, means) + spread @ values
            )
            posterior = Posterior(weight, means, basis, spread, noise)
            noise = float((max(squares, 0.0) + _NOISE_POSTS * prior.noise) / (seen + _NOISE_POSTS))
        return Posterior(posterior.weight, posterior.mean, posterior.basis, posterior.spread, noise)


_COLUMNS = ("posted_at", "content", "tags", "label", "variance", "known_from")


@dataclass(frozen=True, slots=True)
class EffectPosts:
    """n labelled posts of one account in order of publishing."""

    posted_at: NDArray[np.int64]
    content: Floats  # (n, WIDTH - TIME_WIDTH)
    tags: NDArray[np.uint64]  # (n, MAX_TAGS), hashed, 0 where there are fewer
    label: Floats  # (n,) log1p likes
    variance: Floats  # (n,) of the labels
    known_from: NDArray[np.int64]  # (n,) when each label became known
    zone: str = ""

    def learn(self, prior: EffectsPrior, *, own_tags: bool = True) -> AccountEffects:
        """Learn all posts in order; those without a label (NaN) teach nothing, not even their hour or hashtags."""
        known = self[~np.isnan(self.label)]
        tags = _own_tags(known.tags) if own_tags else np.zeros(0, dtype=np.uint64)
        effects = AccountEffects(tags=tags, offset=infer_offset(known.posted_at), zone=self.zone)
        rows = effects.columns(known.posted_at, known.content, known.tags)
        for i, posted_at in enumerate(known.posted_at.tolist()):
            effects.learn(prior, posted_at, rows[i], float(known.label[i]), float(known.variance[i]))
        return effects

    def __getitem__(self, rows: slice | NDArray[np.bool_ | np.int64]) -> "EffectPosts":
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def __len__(self) -> int:
        return len(self.posted_at)


def _own_tags(tags: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the hashtags used most, at most MAX_OWN_TAGS; of equally frequent ones those with the smaller hash."""
    names, uses = np.unique(tags[tags != 0], return_counts=True)
    # a tag on every post has no contrast
    often = (uses >= MIN_TAG_USES) & (uses < len(tags))
    order = np.argsort(-uses[often], kind="stable")
    own: NDArray[np.uint64] = names[often][order][:MAX_OWN_TAGS]
    return own


def replay_effects(prior: EffectsPrior, posts: EffectPosts) -> Floats:
    """Return (n, 2): each post's effect against the usual one and its deviation, from labels known when it came.

    Posts without a label (NaN) teach nothing. The posterior is computed anew for every tenth more posts; where another
    offset from UTC is inferred by then, all posts so far are learned again.
    """
    told = np.zeros((len(posts), 2))
    places = np.flatnonzero(~np.isnan(posts.label))
    labelled = posts[places]
    effects = AccountEffects(zone=posts.zone)
    posterior = effects.posterior(prior)
    computed, learned = 0, 0
    rows = effects.columns(posts.posted_at, posts.content, posts.tags)
    for i, moment in enumerate(posts.posted_at.tolist()):
        while learned < len(labelled) and labelled.known_from[learned] <= moment:
            label, variance = float(labelled.label[learned]), float(labelled.variance[learned])
            effects.learn(prior, int(labelled.posted_at[learned]), rows[places[learned]], label, variance)
            learned += 1
        if learned > computed * 1.1:
            offset = infer_offset(labelled.posted_at[:learned])
            if offset != effects.offset:
                effects = labelled[:learned].learn(prior, own_tags=False)
                rows = effects.columns(posts.posted_at, posts.content, posts.tags)
            posterior = effects.posterior(prior)
            computed = learned
        told[i] = effect_of(effects, posterior, rows[i])
    return told


def effect_of(effects: AccountEffects, posterior: Posterior, row: Floats) -> tuple[float, float]:
    """Return the effect of columns (d,) against the account's usual post, and its standard deviation (log units).

    Own hashtags are left out: the forecast has other features for them, and a history's replay learns none.
    """
    difference = row - effects.usual[1:] if effects.posts else np.zeros_like(row)
    difference[WIDTH:] = 0.0
    contrasts = posterior.contrast(difference[None])
    return float(contrasts.effect[0]), float(contrasts.sd[0])
