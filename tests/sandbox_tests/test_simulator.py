"""The simulator on its own: determinism, growth, spread, truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.clock import Clock
from tests.sandbox.control import truth
from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator, roster
from tests.sandbox.simulation.effects import Shift
from tests.sandbox.simulation.growth import DAY, HOUR, fraction
from tests.sandbox.simulation.simulator import Simulator, content_of, counts_at, join
from tests.sandbox.state import State
from tests.sandbox.world import World

EPOCH = 20_700 * DAY
COVER = (0.5, 0.5, 0.5)


@pytest.fixture
def world() -> World:
    clock = Clock(wall_anchor=0, sandbox_anchor=EPOCH + 40 * DAY, speed=0)
    return World(State(1, EPOCH, clock), Simulator(1, EPOCH), lambda: None)


def creator_of(handle: str, seed: int = 1) -> Creator:
    return next(creator for creator in roster(seed) if creator.handle == handle)


def test_there_are_many_creators_of_all_sizes() -> None:
    creators = roster(1)
    assert len(creators) >= 48
    assert len({creator.handle for creator in creators}) == len(creators)
    assert min(creator.followers for creator in creators) == 200
    assert max(creator.followers for creator in creators) == 5_000_000
    assert max(creator.history_posts for creator in creators) == 700


@pytest.mark.parametrize("handle", ["ivo.comedy", "comeback.cleo", "empty.ella", "steady.stella"])
def test_the_same_seed_gives_the_same_posts(handle: str) -> None:
    creator = creator_of(handle)
    for number in (0, 1, 5):
        one, other = (Simulator(1, EPOCH).block(creator, number) for _ in range(2))
        assert one.captions == other.captions
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(
            Simulator(1, EPOCH).finals(creator, one), Simulator(1, EPOCH).finals(creator, other)
        )


def test_another_seed_gives_other_posts() -> None:
    one = Simulator(1, EPOCH).block(creator_of("ivo.comedy", 1), 0)
    other = Simulator(2, EPOCH).block(creator_of("ivo.comedy", 2), 0)
    assert set(one.ids.tolist()).isdisjoint(other.ids.tolist())


def test_history_lies_before_the_epoch_and_blocks_follow_each_other() -> None:
    simulator, creator = Simulator(1, EPOCH), creator_of("ivo.comedy")
    blocks = [simulator.block(creator, number) for number in range(3)]
    assert len(blocks[0]) == creator.history_posts
    assert blocks[0].posted_at.max() < EPOCH <= blocks[1].posted_at.min()
    whole = join(blocks)
    assert (np.diff(whole.posted_at) > 0).all()
    assert [simulator.block_number(at) for at in (EPOCH - 1, EPOCH, blocks[2].posted_at[0])] == [0, 1, 2]


@given(st.floats(0, 2000), st.floats(0, 2000), st.floats(5, 200))
def test_growth_is_monotone_and_saturates(one: float, other: float, tau_h: float) -> None:
    early, late = sorted((one, other))
    shares = fraction([early, late], tau_h)
    assert 0 <= shares[0] <= shares[1] <= 1
    assert fraction(14 * 24, tau_h) == 1


def test_growth_is_as_measured_on_real_posts() -> None:
    ages_h, expected = np.array([12, 27, 42, 132]), np.array([0.26, 0.46, 0.60, 0.84])
    creator = creator_of("ivo.comedy")
    shares = np.array([truth.growth(creator, age_h) for age_h in ages_h])
    assert np.abs(shares - expected).max() < 0.1
    day = [truth.growth(each, 24) for each in roster(1)]
    assert 0.4 < np.mean(day) < 0.55


def test_engagement_is_heavy_tailed_and_differs_by_creator() -> None:
    simulator, spreads, levels = Simulator(1, EPOCH), [], []
    for creator in roster(1):
        if creator.history_posts < 100 or creator.oddity:
            continue
        likes = np.log1p(simulator.finals(creator, simulator.block(creator, 0))[:, 0])
        spreads.append(likes.std())
        levels.append(np.median(likes))
        assert np.expm1(likes).mean() > np.expm1(np.median(likes))
    assert min(spreads) > 0.4
    assert max(spreads) - min(spreads) > 0.3
    assert max(levels) - min(levels) > 4


@given(st.floats(0, 800), st.floats(0, 800), st.integers(0, 47))
def test_counts_never_fall_and_stay_in_proportion(one: float, other: float, index: int) -> None:
    simulator, creator = Simulator(1, EPOCH), roster(1)[index]
    posts = simulator.block(creator, 1)
    finals = simulator.finals(creator, posts)
    early, late = (
        counts_at(finals, posts.posted_at, posts.tau_h, EPOCH + hours * HOUR) for hours in sorted((one, other))
    )
    assert (early >= 0).all()
    assert (early <= late).all()
    assert (late <= finals).all()
    assert (late[:, 0] <= late[:, 3]).all()


@pytest.mark.parametrize("handle", ["ivo.comedy", "mara.baking", "silent.sam", "steady.stella", "haru.tokyo"])
def test_the_truth_agrees_with_posts_that_are_simulated(world: World, handle: str) -> None:
    creator = world.creators[handle]
    posted_at = EPOCH + 3 * DAY + 17 * HOUR
    draft = truth.Draft("Would you try this? #fyp", 20, posted_at, (0.8, 0.3, 0.5))
    expected = truth.expectation(world, creator, draft)
    likes, comments = [], []
    for post_id in range(3000):
        post = world.simulator.published(
            creator, post_id, caption=draft.caption, duration_s=20, posted_at=posted_at, cover=draft.cover
        )
        finals = world.simulator.finals(creator, post)
        counts = counts_at(finals, post.posted_at, post.tau_h, posted_at + DAY)[0]
        likes.append(counts[0])
        comments.append(counts[1])
    assert np.median(likes) == pytest.approx(expected["likes"]["median"], rel=0.08, abs=0.5)
    assert np.mean(comments) == pytest.approx(expected["comments"]["mean"], rel=0.2, abs=0.05)
    inside = np.mean((np.array(likes) >= expected["likes"]["q10"]) & (np.array(likes) <= expected["likes"]["q90"]))
    assert inside >= 0.77


def test_true_effects_are_those_of_the_expectation(world: World) -> None:
    creator = world.creators["ivo.comedy"]
    before = truth.Draft("the same words", 20, EPOCH + 10 * HOUR, COVER)
    for after in (
        truth.Draft("the same words", 20, EPOCH + 18 * HOUR, COVER),
        truth.Draft("the same words", 60, EPOCH + 10 * HOUR, COVER),
        truth.Draft("the same words", 20, EPOCH + 10 * HOUR, (1, 1, 1)),
        truth.Draft("the same words?", 20, EPOCH + 10 * HOUR, COVER, hashtags=("comedy", "fyp")),
    ):
        change = truth.change_pct(world, creator, before, after)
        ratio = (
            truth.expectation(world, creator, after)["likes"]["mean"]
            / truth.expectation(world, creator, before)["likes"]["mean"]
        )
        drift = world.simulator.level_drift(creator, np.array([before.posted_at, after.posted_at]))
        assert ratio == pytest.approx((1 + change["total"] / 100) * np.exp(drift[1] - drift[0]), rel=2e-3)
        product = np.prod([1 + value / 100 for name, value in change.items() if name != "total"])
        assert product == pytest.approx(1 + change["total"] / 100)


def test_effects_differ_by_creator() -> None:
    audiences = [creator.audience for creator in roster(1) if not creator.oddity]
    for name in ("hour_peak", "hour_strength", "best_duration_s", "question", "best_length"):
        assert len({getattr(audience, name) for audience in audiences}) == len(audiences)


def test_a_shift_changes_only_what_is_published_after_it(world: World) -> None:
    creator, content = world.creators["ivo.comedy"], content_of(["a", "a"], [20, 20], [COVER, COVER])
    times = np.array([EPOCH, EPOCH + DAY])
    shift = Shift(EPOCH + 1, "ivo.comedy", hours=0, level=-1.0)
    moved = world.simulator.location(creator, content, times, [shift])
    np.testing.assert_allclose(moved - world.simulator.location(creator, content, times), [0, -1])
    other = world.creators["mara.baking"]
    np.testing.assert_array_equal(
        world.simulator.location(other, content, times, [shift]), world.simulator.location(other, content, times)
    )


@given(st.text(max_size=200), st.lists(st.from_regex(r"[a-z0-9]{1,30}", fullmatch=True), max_size=8))
def test_captions_fit_and_keep_whole_hashtags(body: str, tags: list[str]) -> None:
    caption = captions.with_tags(body, tuple(tags))
    assert len(caption) <= captions.MAX_PUBLISHED
    assert len(captions.with_tags(body, tuple(tags), limit=captions.MAX_RETURNED)) <= captions.MAX_RETURNED
    length, asks, mood = captions.measure(caption)
    assert 0 <= length <= captions.MAX_PUBLISHED
    assert asks in (0, 1)
    assert mood in (-1, 0, 1)
