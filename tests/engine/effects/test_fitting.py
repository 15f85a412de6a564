"""What is learned across accounts, on accounts whose effects are drawn from a known distribution."""

from dataclasses import replace

import numpy as np
import pytest

from predictions.engine.effects.account_effects import EffectPosts
from predictions.engine.effects.design import BLOCK_OF, BLOCKS, TIME_WIDTH, WIDTH, time_design
from predictions.engine.effects.fitting import MIN_ACCOUNTS, fit_effects
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import HOUR
from tests.engine.effects.accounts import Truth, draw_posts, labelled

NAMES = [name for name, _ in BLOCKS]


def accounts(truth: Truth, count: int, posts: int, *, seed: int = 0, share_of_none: float = 0.0) -> list[EffectPosts]:
    random = np.random.default_rng(seed)
    return [truth.posts(random, posts, scale=float(random.random() >= share_of_none)) for _ in range(count)]


def strong_in(**deviations: float) -> Truth:
    variances = np.zeros(BLOCK_OF.max() + 2)
    for name, deviation in deviations.items():
        variances[NAMES.index(name)] = deviation**2
    return Truth(variances=variances)


def scaled_variances(prior: EffectsPrior) -> dict[str, float]:
    """Return variances by block as the accounts have them, whatever the mean of the scale."""
    square = float(prior.scale_shares @ np.array([0.0, 0.5, 1.0, 1.7]) ** 2)
    return dict(zip(NAMES, (prior.variances[:-1] * square).tolist(), strict=True))


def test_variances_between_accounts_are_learned_by_block():
    fitted = fit_effects(accounts(strong_in(hour=0.3, length=0.4, question=0.3), 40, 70))
    found = scaled_variances(fitted)
    for name, deviation in (("hour", 0.3), ("length", 0.4), ("question", 0.3)):
        assert 0.4 * deviation**2 < found.pop(name) < 2.5 * deviation**2
    # of blocks without any effect, a prior keeps a little
    assert max(found.values()) < 0.15**2


def test_a_mean_across_accounts_is_learned():
    mean = np.zeros(WIDTH)
    question, tone = (dict(BLOCKS)[name].start for name in ("question", "tone"))
    mean[question], mean[tone] = 0.4, -0.3
    fitted = fit_effects(accounts(replace(strong_in(question=0.1, hour=0.15), mean=mean), 40, 50, seed=1))
    scale = float(fitted.scale_shares @ np.array([0.0, 0.5, 1.0, 1.7]))
    assert scale * fitted.mean[question] == pytest.approx(0.4, abs=0.1)
    assert scale * fitted.mean[tone] == pytest.approx(-0.3, abs=0.1)
    others = np.delete(fitted.mean, [question, tone])
    assert np.abs(others).max() < 0.12


def test_noise_and_drift_are_learned():
    truth = strong_in(hour=0.2)
    for noise, walk in ((0.2, 0.0005), (1.0, 0.05)):
        fitted = fit_effects(accounts(replace(truth, noise=noise, walk=walk), 25, 60, seed=2))
        assert fitted.noise == pytest.approx(noise, rel=0.25)
        assert walk / 3.5 < fitted.walk < walk * 3.5


def test_the_share_of_audiences_that_do_not_react_is_learned():
    truth = strong_in(hour=0.35, length=0.4, duration=0.3)
    all_react, half = (
        float(fit_effects(accounts(truth, 30, 50, seed=3, share_of_none=share)).scale_shares[0]) for share in (0.0, 0.5)
    )
    assert all_react < 0.15
    assert 0.3 < half < 0.7


def test_where_no_audience_reacts_no_hour_is_likely_to_help():
    given = accounts(Truth(), 30, 50, seed=5)
    fitted = fit_effects(given)
    hours = np.zeros((24, WIDTH))
    hours[:, :TIME_WIDTH] = time_design(np.arange(24) * HOUR)
    best = [posts.learn(fitted, own_tags=False).posterior(fitted).contrast(hours - hours[9]) for posts in given]
    assert np.mean([contrasts.chance_above(0.02).max() > 0.9 for contrasts in best]) <= 0.1


def test_too_few_accounts_leave_the_prior():
    few = accounts(strong_in(hour=0.5), MIN_ACCOUNTS - 1, 40)
    # accounts of a post or two teach nothing
    assert_same(fit_effects([*few, *(posts[:2] for posts in few)]), EffectsPrior())
    assert_same(fit_effects([]), EffectsPrior())
    assert fit_effects([*few, few[0]]).variances[0] != EffectsPrior().variances[0]


def test_the_order_of_accounts_decides_little_and_the_same_accounts_give_the_same_numbers():
    given = accounts(strong_in(hour=0.3), 15, 30)
    one, again, turned = (fit_effects(a) for a in (given, given, given[::-1]))
    assert_same(one, again)
    np.testing.assert_allclose(one.variances, turned.variances, rtol=1e-6)


def test_a_level_of_its_own_has_no_part_in_what_is_learned():
    given = accounts(strong_in(hour=0.3), 15, 30)
    raised = [labelled(posts, posts.label + i) for i, posts in enumerate(given)]
    np.testing.assert_allclose(fit_effects(given).mean, fit_effects(raised).mean, atol=1e-9)


@pytest.mark.parametrize("label", [0.0, 23.0])
def test_labels_without_variation_give_a_valid_prior(label: float):
    random = np.random.default_rng(4)
    constant = [labelled(draw_posts(random, 20), np.full(20, label)) for _ in range(12)]
    fitted = fit_effects(constant)
    assert fitted.noise > 0
    assert (fitted.variances > 0).all()
    assert np.isfinite(fitted.mean).all()
    assert fitted.scale_shares.sum() == pytest.approx(1)


def test_the_effects_survive_their_arrays():
    fitted = fit_effects(accounts(strong_in(hour=0.3), 12, 20))
    assert_same(EffectsPrior.from_arrays(fitted.to_arrays()), fitted)


def assert_same(one: EffectsPrior, other: EffectsPrior) -> None:
    assert one.to_arrays().keys() == other.to_arrays().keys()
    for name, array in one.to_arrays().items():
        assert np.array_equal(array, other.to_arrays()[name]), name
