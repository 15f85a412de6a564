"""What an account's own posts say of a draft, learned once and kept true as labels and posts come in."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine import GlobalModel, LearnedAccount, learn_account
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import WINDOW, History, Timeline, content_of
from predictions.engine.features.similarity_gp import FittedGP, PostSimilarityGP, covariances
from predictions.engine.features.tabular import TABULAR, Features
from tests.engine.synthetic import CAPTIONS, DAY, START, account, draft, end_of, post


def known(posts: int, *, step: int = DAY, noise: float = 0.8, caption_effect: float = 0.0) -> History:
    of = account("p", posts, step=step, noise=noise, caption_effect=caption_effect)
    return Timeline(of, GrowthCurve(), "horizon", until=2**40).known_at(end_of(of))


def relabelled(history: History, changes: list[tuple[int, float]]) -> History:
    logs = history.logs.copy()
    for row, likes in changes:
        logs[row % len(history), 0] = likes
    return replace(history, logs=logs)


def same(a: FittedGP, b: FittedGP) -> bool:
    return a.posts.likes[0] == b.posts.likes[0] and np.array_equal(a.weights, b.weights)


def test_it_solves_the_textbook_equations():
    history = known(60, noise=0.3)
    n = len(history)
    gram = np.empty((n, n))
    for i in range(n):
        content = history.content(i)
        row = covariances(history[: i + 1], content, int(history.posted_at[i]), lag=0)
        gram[i, : i + 1] = gram[: i + 1, i] = sum(row)
    gram += np.diag(1 + history.label_sd**2)
    assert np.linalg.eigvalsh(gram).min() > 0.99
    expected = np.linalg.solve(gram, history.likes - history.likes[0])
    np.testing.assert_allclose(PostSimilarityGP().learn(history).weights, expected, atol=1e-9)


@given(st.lists(st.lists(st.tuples(st.integers(0, 29), st.floats(0, 20)), max_size=3), max_size=5), st.integers(2, 30))
@settings(deadline=None, max_examples=30)
def test_going_on_gives_what_starting_anew_gives(steps, posts):
    """However labels change and histories grow or shrink, nothing of what was learned before shows."""
    history, process = known(30), PostSimilarityGP()
    for i, changes in enumerate(steps):
        history = relabelled(history, changes)
        seen = history[: posts + i] if i % 2 else history[posts // 2 :]
        assert same(process.learn(seen), PostSimilarityGP().learn(seen))


def test_labels_that_change_in_a_timeline_are_learned_anew():
    """A timeline writes a better label over an earlier one, in the arrays that were learned from."""
    of = account("p", 25, observed=(3600, 40 * 3600))
    timeline, process = Timeline(of, GrowthCurve(), "horizon", until=2**40), PostSimilarityGP()
    for moment in (p.posted_at for p in of.posts[2:]):
        seen = timeline.known_at(moment)
        assert same(process.learn(seen), PostSimilarityGP().learn(seen))


def test_posts_of_one_second_are_told_apart():
    twins = [post(f"t{i}", START, 400.0, kind) for i, kind in enumerate((0, 1))]
    both = replace(account("p", 0), posts=(*twins, post("later", START + DAY, 300.0, 2)))
    history = Timeline(both, GrowthCurve(), "horizon", until=2**40).known_at(START + 9 * DAY)
    process = PostSimilarityGP()
    process.learn(history[1:])
    assert same(process.learn(history), PostSimilarityGP().learn(history))


def test_a_window_that_moves_gives_what_starting_anew_gives():
    history, process = known(WINDOW + 60, step=DAY // 2), PostSimilarityGP()
    begun = set()
    for end in range(WINDOW - 5, len(history), 5):
        seen = history[max(0, end - WINDOW) : end]
        solved = process.learn(seen)
        begun.add(int(solved.posts.posted_at[0]))
        assert len(solved.weights) >= WINDOW // 2
        if end % 3 == 0:
            assert same(solved, PostSimilarityGP().learn(seen))
    assert len(begun) < 8  # it does not begin anew with each post


def test_a_viral_post_does_not_bend_the_rest():
    history = known(40)
    viral = relabelled(history, [(39, 30.0)])
    moved = [
        Features.of(h, content_of(draft(end, 1)), end, 0.0).tabular[TABULAR.index("gp_mean")]
        + Features.of(h, content_of(draft(end, 1)), end, 0.0).base
        for end in [int(history.posted_at[-1]) + DAY]
        for h in (history, viral)
    ]
    assert 0 < moved[1] - moved[0] < 2


def test_a_caption_like_those_that_did_well_is_told_from_others():
    history = known(60, caption_effect=1.5)
    end = int(history.posted_at[-1]) + DAY
    by_content = [
        Features.of(history, content_of(draft(end, kind)), end, 0.0).tabular[TABULAR.index("gp_content")]
        for kind in range(len(CAPTIONS))
    ]
    assert by_content[0] == max(by_content)
    assert by_content[0] > 0.5 + sorted(by_content)[-2]


def test_a_state_carries_what_was_solved():
    whole = account("s", 30, observed=(3600, DAY))
    moment = whole.posts[-1].posted_at + 7200
    state = learn_account(GlobalModel.prior(), whole, as_of=moment)
    history, content = state.history.known_at(moment), content_of(draft(moment, 2))
    anew = Features.of(history, content, moment, 0.0)
    for kept in (state, LearnedAccount.from_bytes(state.to_bytes())):
        at_hand = Features.of(history, content, moment, 0.0, kept.gp)
        assert np.array_equal(at_hand.tabular, anew.tabular, equal_nan=True)
    assert learn_account(GlobalModel.prior(), account("s", 0), as_of=moment).gp is None
