"""Experiments: false answers under peeking, power, intervals, and when they are given up."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine.effects.population import EffectsPrior
from predictions.engine.experiments.confidence_sequence import ALPHA, difference_of, noise_of, posts_needed
from predictions.engine.experiments.judging import PATIENCE, SMALLEST, judge, less_the_level
from tests.engine.synthetic import DAY
from tests.prove import SEED, scaled

NOISE = 0.6
EFFECT = math.log(1.3)


def drawn(random: np.random.Generator, posts: int, *, effect: float = 0.0, noise: float = NOISE, kind: str = "normal"):
    """Outcomes, arms and probabilities of one experiment."""
    probability = random.uniform(0.3, 0.7, posts) if kind == "uneven" else np.full(posts, 0.5)
    is_second = random.random(posts) < probability
    errors = {
        "normal": lambda: random.normal(size=posts),
        "uneven": lambda: random.normal(size=posts),
        "viral": lambda: random.standard_t(2, size=posts),
        "skewed": lambda: random.exponential(size=posts) - 1,
        "drifting": lambda: np.cumsum(random.normal(size=posts)) * 0.1 + random.normal(size=posts),
    }[kind]()
    return noise * errors + effect * is_second, is_second, probability


def first_answer(outcomes, is_second, probability) -> int | None:
    """The first post after which a creator who looks after every post is told an answer."""
    for n in range(1, len(outcomes) + 1):
        if difference_of(outcomes[:n], is_second[:n], probability[:n]).is_known:
            return n
    return None


def false_answers(kind: str, *, experiments: int, posts: int, seed: int) -> float:
    random = np.random.default_rng([seed, *kind.encode()])
    return float(np.mean([first_answer(*drawn(random, posts, kind=kind)) is not None for _ in range(experiments)]))


@pytest.mark.parametrize("kind", ["normal", "viral", "skewed", "drifting", "uneven"])
def test_looking_after_every_post_gives_no_more_false_answers_than_promised(kind):
    experiments = 60
    allowed = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / experiments)
    assert false_answers(kind, experiments=experiments, posts=60, seed=1) <= allowed


def test_intervals_contain_the_truth_at_all_times():
    random = np.random.default_rng(2)
    missed = 0
    for _ in range(60):
        outcomes, is_second, probability = drawn(random, 60, effect=EFFECT)
        shown = [difference_of(outcomes[:n], is_second[:n], probability[:n]) for n in range(5, 60)]
        missed += not all(each.low <= EFFECT <= each.high for each in shown)
    assert missed / 60 <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 60)


def test_a_real_difference_is_found_and_measured():
    random = np.random.default_rng(3)
    for sign in (1, -1):
        shown = difference_of(*drawn(random, 500, effect=sign * EFFECT))
        assert shown.is_known
        assert shown.effect == pytest.approx(sign * EFFECT, abs=0.12)
        assert shown.low < shown.effect < shown.high


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_exchanging_the_arms_turns_the_answer_round(seed, posts):
    outcomes, is_second, probability = drawn(np.random.default_rng(seed), posts, effect=0.5)
    one, other = (difference_of(outcomes, arm, probability) for arm in (is_second, ~is_second))
    assert one.effect == pytest.approx(-other.effect, abs=0.011) or posts < 2
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)


def test_one_viral_post_is_no_answer():
    outcomes, is_second = np.array([0.1, -0.2, 8.0, 0.0, 0.1, -0.1]), np.array([0, 0, 1, 0, 1, 1], dtype=bool)
    assert not difference_of(outcomes, is_second, np.full(6, 0.5)).is_known


@pytest.mark.parametrize("certain", [0.0, 1.0, np.nan])
def test_a_probability_that_was_none_is_refused(certain):
    with pytest.raises(ValueError, match="strictly between"):
        difference_of(np.zeros(2), np.zeros(2, dtype=bool), np.array([0.5, certain]))


def test_smaller_effects_and_noisier_posts_need_more_posts():
    needed = [posts_needed(effect, NOISE) for effect in (0.5, 0.3, 0.1)]
    assert needed == sorted(needed)
    assert needed[0] < needed[2]
    assert posts_needed(0.3, 1.0) > posts_needed(0.3, 0.5)
    assert noise_of(np.zeros(0), 0.6) == pytest.approx(0.6)


def test_an_experiment_without_a_difference_is_given_up_and_one_with_a_large_one_answered():
    random = np.random.default_rng(4)
    outcomes, is_second, probability = drawn(random, 400)
    verdicts = [judge(outcomes[:n], is_second[:n], probability[:n], usual_noise=NOISE) for n in range(0, 400, 10)]
    assert verdicts[0].verdict == "not_yet"
    assert verdicts[0].more_posts == posts_needed(SMALLEST, NOISE)
    given_up = next(each for each in verdicts if each.verdict == "not_worth_waiting")
    assert 20 <= given_up.posts <= PATIENCE
    answered = judge(*drawn(random, 100, effect=math.log(2)), usual_noise=NOISE)
    assert (answered.verdict, answered.more_posts) == ("answered", 0)


def test_a_level_that_drifts_does_not_look_like_a_difference():
    posted_at = [DAY * i for i in range(80)]
    level = np.linspace(3.0, 7.0, 80)
    left = less_the_level(EffectsPrior(walk=0.02), posted_at, level, np.zeros(80))
    assert left[0] == 0
    assert np.abs(left[20:]).max() < 0.6 < np.ptp(level)


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["normal", "viral", "skewed", "drifting", "uneven"])
def test_false_answers_stay_below_one_in_twenty(kind, record_property):
    rate = false_answers(kind, experiments=scaled(200), posts=120, seed=SEED)
    record_property("false answers with a look after each of 120 posts", f"{100 * rate:.1f} %")
    assert rate <= ALPHA


@pytest.mark.prove
def test_posts_until_a_difference_of_thirty_per_cent_is_known(record_property):
    random = np.random.default_rng([SEED, 30])
    experiments = scaled(100)
    ends: list[tuple[str, int]] = []
    for _ in range(experiments):
        outcomes, is_second, probability = drawn(random, 400, effect=EFFECT)
        for n in range(5, 401, 3):
            judged = judge(outcomes[:n], is_second[:n], probability[:n], usual_noise=NOISE)
            if judged.verdict != "not_yet":
                break
        is_wrong = judged.verdict == "answered" and judged.difference.effect < 0
        ends.append(("wrong" if is_wrong else judged.verdict, n))
    answered = [n for verdict, n in ends if verdict == "answered"]
    record_property("expected by formula", posts_needed(EFFECT, NOISE))
    record_property("posts, median of those answered", float(np.median(answered)))
    record_property("posts, nine in ten of those answered", float(np.quantile(answered, 0.9)))
    record_property("answered", f"{100 * len(answered) / experiments:.0f} %")
    given_up = sum(verdict == "not_worth_waiting" for verdict, _ in ends)
    record_property("given up", f"{100 * given_up / experiments:.0f} %")
    record_property("wrong arm", sum(verdict == "wrong" for verdict, _ in ends))
    assert len(answered) > 0.7 * experiments
