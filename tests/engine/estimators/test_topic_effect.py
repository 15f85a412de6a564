"""What topics do everywhere is learned from other accounts' posts, and only from what the captions say."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from posts.content.captions import measure_caption
from posts.content.meanings import MEANING_SIZE
from predictions.engine import AccountHistory, forecast, learn_account, train
from predictions.engine.estimators.topic_effect import TopicEffect
from tests.engine.synthetic import DAY, account, draft

RANDOM = np.random.default_rng(7)
TOPICS = RANDOM.normal(size=(4_000, MEANING_SIZE)).astype(np.float32) / np.sqrt(MEANING_SIZE).astype(np.float32)
EVEN = np.ones(len(TOPICS))

LIKED = ["My dog learns to swim", "A cat and her kittens", "Puppies at play in the garden", "Our rabbit eats a carrot"]
OTHER = ["Tax rates and the election", "News of the stock market", "The minister's budget", "A new law for companies"]
UNSEEN = measure_caption("Two little lambs and their mother")
DULL = measure_caption("What the finance committee decided")


def test_a_topic_s_effect_is_found_and_shrunk():
    effects = np.zeros(MEANING_SIZE)
    effects[3] = 2.0
    miss = TOPICS @ effects + RANDOM.normal(size=len(TOPICS))
    fitted = TopicEffect.fit(TOPICS, miss, EVEN)
    found = fitted.effects
    assert 0.1 < found[3] < 2.0
    assert found[3] > 3 * np.abs(np.delete(found, 3)).max()
    assert np.allclose(fitted.predict(TOPICS), TOPICS @ found, atol=1e-6)


def test_a_bias_of_the_forecasts_is_no_topic_s():
    assert np.allclose(TopicEffect.fit(TOPICS, np.full(len(TOPICS), 1.5), EVEN).effects, 0)


def test_posts_without_a_topic_teach_and_gain_nothing():
    nothing = np.zeros_like(TOPICS)
    assert not TopicEffect.fit(nothing, RANDOM.normal(size=len(TOPICS)), EVEN).effects.any()
    assert not TopicEffect(np.ones(MEANING_SIZE)).predict(nothing).any()
    assert not TopicEffect.fit(TOPICS, RANDOM.normal(size=len(TOPICS)), 0 * EVEN).effects.any()


def test_one_viral_post_makes_no_topic():
    miss = np.zeros(len(TOPICS))
    miss[0] = 1e6
    assert np.abs(TopicEffect.fit(TOPICS, miss, EVEN).effects).max() < 0.02


@pytest.fixture(scope="module")
def accounts() -> list[AccountHistory]:
    """They write about their town, and now and then about animals, which do four times as well, or about politics."""
    measured, made = cache(measure_caption), []
    for i in range(30):
        plain = account(f"a{i}", 40, level=4 + i % 5, noise=0.5, seed=i)
        posts = []
        for place, post in enumerate(plain.posts):
            text = {2: LIKED[(i + place) % 4], 5: OTHER[(i + place) % 4]}.get(place % 8, f"A walk in town, day {place}")
            counts = tuple(replace(c, likes=c.likes * (4 if place % 8 == 2 else 1)) for c in post.observations)
            posts.append(replace(post, caption=measured(text), sound="", observations=counts))
        made.append(replace(plain, posts=tuple(posts)))
    return made


@pytest.mark.usefixtures("quick_training")
def test_a_new_caption_gains_from_what_its_topic_did_elsewhere(accounts: list[AccountHistory]):
    until = max(p.posted_at for a in accounts for p in a.posts) + 2 * DAY
    model = train(accounts, until=until)
    assert model.topic_effect.effects.any()
    # an account that has written of neither
    stranger = account("stranger", 30, level=5, noise=0.5, seed=99)
    kept = [replace(p, caption=measure_caption(f"A walk in town, day {i}")) for i, p in enumerate(stranger.posts)]
    state = learn_account(model, replace(stranger, posts=tuple(kept)), as_of=until)
    without = replace(model, topic_effect=TopicEffect())

    def ratio(used) -> float:
        liked, dull = (forecast(used, state, draft(until, caption=c), as_of=until).typical for c in (UNSEEN, DULL))
        return liked / dull

    assert ratio(model) > 1.03 * ratio(without)
