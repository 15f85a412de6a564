"""Randomised posts in the effects: they correct what confounded posts say, and nothing changes without them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from posts.content.captions import measure_caption
from predictions.engine import GlobalModel, learn_account
from predictions.engine.effects.account_effects import AccountEffects, EffectPosts
from predictions.engine.effects.design import TIME_WIDTH, WIDTH, time_design
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.effects.randomised import learn_with_experiments
from predictions.engine.types import HOUR, AccountHistory, Counts, PublishedPost
from tests.engine.synthetic import DAY, START

MORNING, EVENING = 10, 20
NOISE = 0.5
PRIOR = EffectsPrior(noise=NOISE**2)


def history(
    *, chosen: int, drawn: int, effect: float, confounding: float, seed: int = 1
) -> tuple[EffectPosts, list[str]]:
    """An account that saves its better posts for the evening, and then draws the hour of some."""
    random = np.random.default_rng(seed)
    n = chosen + drawn
    is_drawn = np.arange(n) >= chosen
    quality = random.normal(size=n) > 0
    is_evening = np.where(is_drawn, random.random(n) < 0.5, quality)
    posted_at = START + DAY * np.arange(n) + HOUR * np.where(is_evening, EVENING, MORNING)
    label = 5 + effect * is_evening + confounding * quality + random.normal(size=n) * NOISE
    return EffectPosts(
        posted_at, np.zeros((n, WIDTH - TIME_WIDTH)), np.zeros((n, 16), dtype=np.uint64), label, np.zeros(n),
        posted_at + DAY, "UTC",
    ), ["post_time" if each else "" for each in is_drawn]  # fmt: skip


def evening_effect(effects: AccountEffects) -> tuple[float, float, float]:
    """Effect of the evening against the morning, with its 80 % interval."""
    hours = time_design(START + HOUR * np.array([MORNING, EVENING]))
    contrast = np.concatenate([hours[1] - hours[0], np.zeros(WIDTH - TIME_WIDTH)])
    contrasts = effects.posterior(PRIOR).contrast(contrast[None])
    return float(contrasts.effect[0]), float(contrasts.quantile(0.1)[0]), float(contrasts.quantile(0.9)[0])


@pytest.mark.parametrize("effect", [0.0, 0.6, -0.6])
def test_an_experiment_corrects_an_hour_that_got_the_better_posts(effect):
    posts, drawn = history(chosen=200, drawn=80, effect=effect, confounding=0.8)
    ignored, _, _ = evening_effect(posts.learn(PRIOR))
    corrected, low, high = evening_effect(learn_with_experiments(PRIOR, posts, drawn))
    assert abs(corrected - effect) < 0.6 * abs(ignored - effect)
    assert abs(ignored - effect) > 0.4
    assert low - 0.2 < effect < high + 0.2


def test_more_drawn_posts_say_more_however_many_were_chosen():
    errors = []
    for drawn_posts in (40, 160):
        posts, drawn = history(chosen=100, drawn=drawn_posts, effect=0.0, confounding=0.8)
        corrected, low, high = evening_effect(learn_with_experiments(PRIOR, posts, drawn))
        errors.append((abs(corrected), high - low))
    assert errors[1] < errors[0]


def test_without_a_drawn_post_nothing_changes():
    posts, drawn = history(chosen=50, drawn=0, effect=0.3, confounding=0.3)
    plain, learned = posts.learn(PRIOR), learn_with_experiments(PRIOR, posts, drawn)
    assert np.array_equal(plain.gram, learned.gram)
    assert learn_with_experiments(PRIOR, posts, ["unknown"] * 50).gram.tolist() == plain.gram.tolist()


def test_the_rest_of_what_was_learned_stays():
    posts, drawn = history(chosen=50, drawn=30, effect=0.3, confounding=0.3)
    plain, learned = posts.learn(PRIOR), learn_with_experiments(PRIOR, posts, drawn)
    assert np.array_equal(plain.usual, learned.usual)
    assert (plain.posts, plain.learned_at) == (learned.posts, learned.learned_at)
    assert np.linalg.eigvalsh(learned.gram).min() > -1e-6


def test_a_learned_account_uses_the_draws_of_its_posts():
    posts, drawn = history(chosen=100, drawn=60, effect=0.0, confounding=0.8)
    published = tuple(
        PublishedPost(
            f"p{i:03}", int(at), measure_caption(""), math.nan, "", None,
            (Counts(int(at) + DAY, round(math.expm1(label)), 0, 0, 0),), feature,
        )
        for i, (at, label, feature) in enumerate(zip(posts.posted_at, posts.label, drawn, strict=True))
    )  # fmt: skip
    account = AccountHistory("a", 1000.0, published, zone="UTC")
    as_of = int(posts.posted_at[-1]) + 3 * DAY
    model = GlobalModel.prior()
    with_draws = learn_account(model, account, as_of=as_of)
    without = learn_account(
        model, replace(account, posts=tuple(replace(post, drawn="") for post in published)), as_of=as_of
    )
    told, _, _ = evening_effect(with_draws.effects)
    assert abs(told) < abs(evening_effect(without.effects)[0])
