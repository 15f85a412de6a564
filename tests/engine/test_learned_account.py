from dataclasses import replace

import numpy as np
import pytest

from predictions.engine import GlobalModel, forecast, learn_account
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import WINDOW
from predictions.engine.features.rows import rows_of_account
from predictions.engine.learned_account import learn_and_replay, without_old_posts
from predictions.engine.types import HOUR
from tests.engine.synthetic import DAY, account, draft, end_of


def test_a_forecast_follows_what_works_for_this_account(model: GlobalModel):
    """An account whose sunsets do a factor of four better gets that for a sunset, and not for another caption."""
    history = account("sunsets", 120, caption_effect=1.4, noise=0.5)
    now = end_of(history)
    state = learn_account(model, history, as_of=now)
    best, other = (forecast(model, state, draft(now, kind), as_of=now).typical for kind in (0, 1))
    assert best > 1.3 * other


def test_effects_are_learned_from_all_labelled_posts_and_name_the_accounts_hashtags(model: GlobalModel):
    history = account("h", 60)
    learned = learn_account(model, history, as_of=end_of(history))
    # the first post has no history, and is no row
    assert learned.effects.posts == 59
    assert set(learned.tag_names) == {"sunset", "photography", "cooking", "dance", "fyp"}
    nobody = learn_account(model, account("h", 0), as_of=0)
    assert nobody.effects.posts == 0
    assert nobody.tag_names == ()


def test_effects_are_in_the_zone_that_the_account_chose(model: GlobalModel):
    history = replace(account("z", 20), zone="Asia/Kolkata")
    assert learn_account(model, history, as_of=end_of(history)).effects.zone == "Asia/Kolkata"


@pytest.mark.parametrize(("counted_after", "known_after"), [(20, 24), (28, 28), (200, 30)])
def test_a_label_teaches_from_when_it_was_counted(counted_after: int, known_after: int):
    """One from long after stands in for one that would have been measured."""
    posts = account("late", 5, observed=(counted_after * HOUR,))
    rows = rows_of_account(0, posts, GrowthCurve(), "horizon", end_of(posts) + 30 * DAY)
    assert (rows.known_from - rows.posted_at == known_after * HOUR).all()


@pytest.mark.parametrize(
    ("count", "step"),
    [
        *((30, DAY), (1_500, DAY // 200)),
        *(pytest.param(*each, marks=pytest.mark.prove) for each in [(900, DAY), (1_500, DAY // 3)]),
    ],
)
def test_posts_too_old_to_be_read_change_nothing(
    model: GlobalModel, monkeypatch: pytest.MonkeyPatch, count: int, step: int
):
    history = account("long", count, observed=(6 * HOUR, DAY), step=step)
    # Every seventh post was never counted.
    gaps = tuple(replace(p, observations=()) if i % 7 == 0 else p for i, p in enumerate(history.posts))
    history, now = replace(history, posts=gaps), end_of(history) + 2 * DAY
    trimmed, errors = learn_and_replay(model, history, as_of=now)
    monkeypatch.setattr("predictions.engine.learned_account.without_old_posts", lambda history, as_of: history)
    whole, at_everything = learn_and_replay(model, history, as_of=now)
    assert trimmed.to_bytes() == whole.to_bytes()
    assert np.array_equal(errors.post_id, at_everything.post_id)
    assert np.array_equal(errors.miss, at_everything.miss)
    assert np.array_equal(errors.features, at_everything.features, equal_nan=True)


def test_only_posts_too_old_to_be_read_are_left_out():
    history = account("long", 2_000)
    kept = without_old_posts(history, end_of(history))
    assert 2 * WINDOW <= len(kept.posts) < 2 * WINDOW + 5
    assert kept.posts == history.posts[-len(kept.posts) :]
