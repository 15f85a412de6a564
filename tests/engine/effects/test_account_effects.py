"""One account's effects: the posterior against the dense Gaussian that it stands for, and what it promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine.data.history import MAX_TAGS
from predictions.engine.effects import account_effects
from predictions.engine.effects.account_effects import (
    MAX_OWN_TAGS,
    AccountEffects,
    Contrasts,
    EffectPosts,
    Posterior,
    effect_of,
    replay_effects,
)
from predictions.engine.effects.design import TIME_WIDTH, WIDTH
from predictions.engine.effects.population import SCALES, EffectsPrior
from predictions.engine.types import DAY, HOUR, Floats
from tests.engine.effects.accounts import START, Truth, draw_posts, labelled, uneven_prior


@pytest.fixture
def unclipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels count in full, so that the model is linear."""
    monkeypatch.setattr(account_effects, "_CLIP", 1e9)


def dense(
    posts: EffectPosts, effects: AccountEffects, prior: EffectsPrior, noise: float
) -> list[tuple[float, Floats, Floats]]:
    """Return by scale log evidence, mean and covariance of the effects, from the full covariance of all labels.

    Of a level that starts anywhere the differences from post to post tell all that is left.
    """
    differences = np.diff(np.eye(len(posts)), axis=0)
    rows = differences @ effects.columns(posts.posted_at, posts.content, posts.tags)
    gaps = np.minimum(np.diff(posts.posted_at) / DAY, 60.0)
    since = np.append(0.0, np.cumsum(gaps))
    level = prior.walk * noise * np.minimum(since[:, None], since)
    own = np.diag(noise * (1 + posts.variance / prior.noise))
    unexplained = differences @ (level + own) @ differences.T
    mu, variances = prior.of_account(len(effects.tags))
    sigma = np.diag(variances)
    found = []
    for scale in SCALES:
        covariance = unexplained + scale**2 * rows @ sigma @ rows.T
        apart = differences @ posts.label - rows @ (scale * mu)
        gain = scale**2 * sigma @ rows.T @ np.linalg.inv(covariance)
        _, log_determinant = np.linalg.slogdet(covariance)
        evidence = -0.5 * (log_determinant + apart @ np.linalg.solve(covariance, apart))
        found.append((evidence, scale * mu + gain @ apart, scale**2 * (sigma - gain @ rows @ sigma)))
    return found


def covariances_of(posterior: Posterior) -> Floats:
    """Return the covariance of each normal (k, d, d)."""
    covariances: Floats = np.einsum("ij,kj,lj->kil", posterior.basis, posterior.spread, posterior.basis)
    return covariances


def matched(posterior: Posterior) -> tuple[Floats, Floats]:
    """Return mean (d,) and covariance (d, d) of the mixture."""
    mean = posterior.weight @ posterior.mean
    apart = posterior.mean - mean
    covariance = np.tensordot(posterior.weight, covariances_of(posterior), axes=1)
    return mean, covariance + (posterior.weight[:, None] * apart).T @ apart


@pytest.mark.usefixtures("unclipped")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [1, 2, 7, 30])
@pytest.mark.parametrize("steps", [1, 4])
def test_the_posterior_is_that_of_the_dense_gaussian_with_a_random_walk(
    monkeypatch: pytest.MonkeyPatch, count: int, seed: int, steps: int
):
    """Given the noise, which begins as that of other accounts and is found in a few steps."""
    random = np.random.default_rng([seed, count])
    prior = uneven_prior(noise=0.5, walk=0.02)
    posts = draw_posts(random, count, tags=5)
    if count > 5:
        # a break of half a year counts as one of two months
        posts = replace(posts, posted_at=posts.posted_at + 180 * DAY * (np.arange(count) >= 4))
    effects = posts.learn(prior)
    noise = prior.noise
    if steps > 1 and count > 1:
        monkeypatch.setattr(account_effects, "_NOISE_STEPS", steps - 1)
        noise = effects.posterior(prior).noise
        assert noise != prior.noise
    monkeypatch.setattr(account_effects, "_NOISE_STEPS", steps)
    found = effects.posterior(prior)
    logs, means, covariances = zip(*dense(posts, effects, prior, noise), strict=True)
    np.testing.assert_allclose(found.mean, means, atol=1e-8)
    np.testing.assert_allclose(covariances_of(found), covariances, atol=1e-8)
    np.testing.assert_allclose(found.variances(), np.diagonal(covariances, axis1=1, axis2=2), atol=1e-8)
    weight = prior.scale_shares * np.exp(np.array(logs) - max(logs))
    np.testing.assert_allclose(found.weight, weight / weight.sum(), atol=1e-8)


@pytest.mark.usefixtures("unclipped")
def test_the_level_is_that_of_the_dense_gaussian():
    """`usual` is, for the label and for every column, the last value of a random walk seen with noise."""
    prior = uneven_prior(noise=0.5, walk=0.05)
    posts = draw_posts(np.random.default_rng(3), 25)
    effects = posts.learn(prior)
    since = (posts.posted_at - posts.posted_at[0]) / DAY
    level = 1e6 + prior.walk * np.minimum(since[:, None], since)
    weights = np.linalg.solve(level + np.diag(1 + posts.variance / prior.noise), level[:, -1])
    rows = effects.columns(posts.posted_at, posts.content, posts.tags)
    np.testing.assert_allclose(effects.usual, weights @ np.column_stack([posts.label, rows]), atol=1e-4)


def test_learning_post_by_post_is_learning_all_at_once():
    prior = EffectsPrior()
    posts = draw_posts(np.random.default_rng(1), 40, tags=4)
    at_once = posts.learn(prior)
    by_post = AccountEffects(tags=at_once.tags, offset=at_once.offset)
    rows = by_post.columns(posts.posted_at, posts.content, posts.tags)
    for i in range(40):
        by_post.learn(prior, int(posts.posted_at[i]), rows[i], float(posts.label[i]), float(posts.variance[i]))
    assert np.array_equal(by_post.gram, at_once.gram)
    assert np.array_equal(by_post.usual, at_once.usual)
    assert (by_post.posts, by_post.learned_at) == (at_once.posts, at_once.learned_at) == (40, posts.posted_at[-1])


def test_an_account_without_posts_has_the_prior():
    prior = uneven_prior()
    posterior = AccountEffects(tags=np.array([7], dtype=np.uint64)).posterior(prior)
    mu, variances = prior.of_account(1)
    np.testing.assert_allclose(posterior.weight, prior.scale_shares)
    np.testing.assert_allclose(posterior.mean, SCALES[:, None] * mu)
    np.testing.assert_allclose(covariances_of(posterior), SCALES[:, None, None] ** 2 * np.diag(variances), atol=1e-12)
    assert posterior.noise == pytest.approx(prior.noise)
    bare = AccountEffects()
    assert effect_of(bare, bare.posterior(prior), np.ones(WIDTH)) == (0.0, 0.0)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 30), likes=st.floats(0, 23), spread=st.floats(0, 6))
@settings(deadline=None, max_examples=40)
def test_every_posterior_is_a_distribution(seed: int, count: int, likes: float, spread: float):
    random = np.random.default_rng(seed)
    posts = draw_posts(random, count, tags=6)
    posts = labelled(posts, np.maximum(likes + spread * random.standard_cauchy(count), 0.0))
    posterior = posts.learn(uneven_prior()).posterior(uneven_prior())
    assert posterior.weight.sum() == pytest.approx(1)
    assert (posterior.weight >= 0).all()
    assert np.isfinite(posterior.mean).all()
    assert posterior.noise > 0
    mean, covariance = matched(posterior)
    assert mean.shape == (covariance.shape[0],)
    assert np.linalg.eigvalsh(covariance).min() >= -1e-9
    assert not posterior.mean[0].any()
    assert not posterior.spread[0].any()


def test_a_known_effect_is_learned_and_others_stay_near_zero():
    random = np.random.default_rng(2)
    bare = draw_posts(random, 400)
    content = bare.content.copy()
    content[:, 4] = random.integers(0, 2, 400)
    posts = labelled(replace(bare, content=content), 6 + 0.8 * content[:, 4] + random.normal(size=400) * 0.5)
    prior = EffectsPrior(variances=np.full_like(EffectsPrior().variances, 0.3**2))
    mean, covariance = matched(posts.learn(prior).posterior(prior))
    learned = TIME_WIDTH + 4
    assert mean[learned] == pytest.approx(0.8, abs=0.2)
    assert abs(mean[learned] - 0.8) < 3 * np.sqrt(covariance[learned, learned])
    assert np.abs(np.delete(mean, learned)).max() < 0.2


@pytest.mark.parametrize("level", [0.0, 2.0, -3.0])
def test_the_level_has_no_part_in_the_effects(level: float):
    posts = draw_posts(np.random.default_rng(4), 50)
    here, there = (labelled(posts, posts.label + more).learn(EffectsPrior()) for more in (0.0, level))
    np.testing.assert_allclose(here.gram, there.gram, atol=1e-9)


def test_one_viral_post_bends_no_effect():
    prior = EffectsPrior()
    posts = Truth(noise=0.3).posts(np.random.default_rng(6), 80)
    label = posts.label.copy()
    label[40] += 12
    before, _ = matched(posts.learn(prior).posterior(prior))
    after, covariance = matched(labelled(posts, label).learn(prior).posterior(prior))
    assert np.abs(after - before).max() < 0.15
    assert (np.abs(after - before) < 2 * np.sqrt(np.diag(covariance)) + 1e-9).all()


def test_the_noise_is_learned_and_shrunk_to_that_of_others():
    prior = EffectsPrior(noise=0.6)
    random = np.random.default_rng(7)
    steady, erratic = (Truth(noise=noise).posts(random, 300).learn(prior).posterior(prior) for noise in (0.1, 1.5))
    assert 0.08 < steady.noise < 0.2
    assert 1.1 < erratic.noise < 1.8
    few = Truth(noise=0.1).posts(random, 4).learn(prior).posterior(prior)
    assert 0.35 < few.noise < 0.6


def test_of_an_audience_that_does_not_react_the_scale_zero_is_likeliest():
    prior = EffectsPrior()
    random = np.random.default_rng(8)
    none = [Truth().posts(random, 150).learn(prior).posterior(prior).weight[0] for _ in range(8)]
    strong = Truth(variances=np.full_like(prior.variances, 0.15**2))
    some = [strong.posts(random, 150).learn(prior).posterior(prior).weight[0] for _ in range(8)]
    assert np.mean(none) > 0.6
    assert np.mean(some) < 0.05


def test_own_hashtags_are_those_used_more_than_once_and_not_always():
    tags = np.zeros((30, MAX_TAGS), dtype=np.uint64)
    tags[:, 0] = 99  # on every post
    tags[5:9, 1] = 7
    tags[10, 1] = 8  # once
    tags[12:20, 2] = 9
    posts = replace(draw_posts(np.random.default_rng(9), 30), tags=tags)
    effects = posts.learn(EffectsPrior())
    assert effects.tags.tolist() == [9, 7]
    columns = effects.columns(posts.posted_at, posts.content, posts.tags)
    assert columns.shape == (30, WIDTH + 2)
    assert np.flatnonzero(columns[:, -1]).tolist() == [5, 6, 7, 8]
    many = np.arange(1, 30 * MAX_TAGS + 1, dtype=np.uint64).reshape(30, MAX_TAGS) % np.uint64(50) + np.uint64(1)
    assert len(replace(posts, tags=many).learn(EffectsPrior()).tags) == MAX_OWN_TAGS


def test_posts_without_a_label_teach_nothing():
    """Neither what they would have brought, nor hashtags or hours."""
    posts = draw_posts(np.random.default_rng(10), 60, tags=9)
    known = np.arange(60) % 3 == 0
    shifted = replace(posts, posted_at=np.where(known, posts.posted_at, posts.posted_at - posts.posted_at % DAY))
    hidden, left = labelled(shifted, np.where(known, posts.label, np.nan)), posts[known]
    one, other = hidden.learn(EffectsPrior()), left.learn(EffectsPrior())
    assert one.posts == other.posts == 20
    assert (one.tags.tolist(), one.offset) == (other.tags.tolist(), other.offset)
    assert np.array_equal(one.gram, other.gram)
    assert np.array_equal(replay_effects(EffectsPrior(), hidden)[known], replay_effects(EffectsPrior(), left))


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="another shape"):
        AccountEffects(gram=np.zeros((3, 3)), usual=np.zeros(3))
    with pytest.raises(ValueError, match="another design"):
        EffectsPrior(mean=np.zeros(WIDTH - 1))


# Contrasts: mixtures of normals, one of which may be a point.

shares = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda w: np.array(w) / np.sum(w))
changes = st.lists(st.tuples(st.floats(-3, 3), st.floats(0, 2)), min_size=1, max_size=5)


def contrasts_of(weight: Floats, drawn: list[tuple[float, float]]) -> Contrasts:
    mean, deviation = np.array(drawn).T
    return Contrasts(weight, mean[:, None] * SCALES, deviation[:, None] * SCALES)


@given(shares, changes, st.floats(0.02, 0.98))
def test_chances_and_quantiles_are_each_others_inverse(weight: Floats, drawn, level: float):
    contrasts = contrasts_of(weight, drawn)
    quantile = contrasts.quantile(level)
    assert (contrasts.chance_above(quantile - 1e-6) >= 1 - level - 1e-3).all()
    assert (contrasts.chance_above(quantile + 1e-6) <= 1 - level + 1e-3).all()


@given(shares, changes)
def test_quantiles_are_in_order_and_the_opposite_change_has_the_opposite_effect(weight: Floats, drawn):
    contrasts = contrasts_of(weight, drawn)
    opposite = contrasts_of(weight, [(-mean, deviation) for mean, deviation in drawn])
    assert (contrasts.quantile(0.1) <= contrasts.quantile(0.9) + 1e-9).all()
    np.testing.assert_allclose(opposite.effect, -contrasts.effect, atol=1e-12)
    assert (contrasts.chance_above(0.0) + opposite.chance_above(0.0) <= 1 + 1e-9).all()


def test_contrasts_are_those_of_samples():
    prior = uneven_prior()
    posterior = Truth(variances=prior.variances).posts(np.random.default_rng(11), 60).learn(prior).posterior(prior)
    random = np.random.default_rng(12)
    differences = random.normal(size=(4, WIDTH))
    contrasts = posterior.contrast(differences)
    components = random.choice(len(SCALES), p=posterior.weight, size=40_000)
    sampled = (
        np.vstack(
            [
                random.multivariate_normal(
                    posterior.mean[k], covariances_of(posterior)[k], size=int((components == k).sum())
                )
                for k in range(len(SCALES))
            ]
        )
        @ differences.T
    )
    np.testing.assert_allclose(contrasts.effect, sampled.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(contrasts.chance_above(0.3), (sampled > 0.3).mean(axis=0), atol=0.02)
    np.testing.assert_allclose(contrasts.quantile(0.9), np.quantile(sampled, 0.9, axis=0), atol=0.06)
    mean, covariance = matched(posterior)
    np.testing.assert_allclose(differences @ mean, contrasts.effect)
    np.testing.assert_allclose(contrasts.sd**2, sampled.var(axis=0), rtol=0.05)
    np.testing.assert_allclose(contrasts.sd**2, np.diag(differences @ covariance @ differences.T))


# Replay: the effects as they stood when each post came.


def test_a_replay_tells_what_learning_the_posts_known_then_tells():
    prior = uneven_prior()
    posts = replace(Truth(variances=prior.variances).posts(np.random.default_rng(13), 45), zone="UTC")
    told = replay_effects(prior, posts)
    assert told[0].tolist() == [0, 0]
    computed = 0
    for i in range(1, 45):
        known = int((posts.known_from <= posts.posted_at[i]).sum())
        # the posterior is computed anew for every tenth more posts, the usual post for each
        computed = known if known > 1.1 * computed else computed
        usual = posts[:known].learn(prior, own_tags=False)
        posterior = posts[:computed].learn(prior, own_tags=False).posterior(prior)
        row = usual.columns(posts.posted_at[i : i + 1], posts.content[i : i + 1], posts.tags[i : i + 1])[0]
        assert told[i] == pytest.approx(effect_of(usual, posterior, row), abs=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1),
    delays=st.lists(st.integers(HOUR, 4 * DAY), min_size=25, max_size=25),
    changed=st.integers(0, 24),
    to=st.floats(0, 23),
)
@settings(deadline=None, max_examples=12)
def test_no_label_reaches_a_post_published_before_it_was_known(seed: int, delays: list[int], changed: int, to: float):
    posts = draw_posts(np.random.default_rng(seed), 25, tags=3)
    posts = replace(posts, known_from=posts.posted_at + np.array(delays))
    label = posts.label.copy()
    label[changed] = to
    before, after = (replay_effects(EffectsPrior(), p) for p in (posts, labelled(posts, label)))
    unknown = posts.posted_at < posts.known_from[changed]
    assert np.array_equal(before[unknown], after[unknown])


@given(st.integers(0, 2**32 - 1), st.integers(1, 24))
@settings(deadline=None, max_examples=10)
def test_later_posts_move_no_earlier_effect(seed: int, count: int):
    posts = draw_posts(np.random.default_rng(seed), 25, tags=3)
    assert np.array_equal(replay_effects(EffectsPrior(), posts)[:count], replay_effects(EffectsPrior(), posts[:count]))


def test_a_replay_follows_the_offset_that_is_inferred_meanwhile():
    """A creator who posts by day in another zone: effects learned so far are learned again in local time."""
    random = np.random.default_rng(14)
    posts = draw_posts(random, 40)
    # local 8 to 22, nine hours ahead of UTC
    posted_at = START + np.arange(40) * DAY + random.integers(-1, 14, 40) * HOUR
    posts = replace(posts, posted_at=posted_at, known_from=posted_at + DAY)
    told = replay_effects(EffectsPrior(), posts)
    learned = posts[:39].learn(EffectsPrior(), own_tags=False)
    assert learned.offset != 0
    row = learned.columns(posts.posted_at[39:], posts.content[39:], posts.tags[39:])[0]
    effect, deviation = effect_of(learned, learned.posterior(EffectsPrior()), row)
    # the posterior of the replay is up to a tenth of the posts older
    assert told[39] == pytest.approx((effect, deviation), abs=0.15)
