"""Rounded counts and withheld likes: how sure their labels are, and that nothing of the future fills them in."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine import AccountHistory, Counts, GlobalModel, forecast, learn_account
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import Timeline
from predictions.engine.data.history_file import read_history_file
from predictions.engine.data.labels import can_fill_in, first_day, label_of
from predictions.engine.estimators.counts import CountsModel
from predictions.engine.features.rows import rows_of_account
from predictions.engine.learned_account import learn_and_replay
from tests.engine.synthetic import DAY, START, account, draft, end_of

NAN, FAR = math.nan, 2**40
CURVE, COUNTED = GrowthCurve(), CountsModel()


def withheld(history: AccountHistory, *posts: int, **others: Any) -> AccountHistory:
    """Return the history with the likes of these posts withheld, and `others` of their counts changed."""
    changed = tuple(
        replace(p, observations=tuple(replace(c, likes=NAN, **others) for c in p.observations)) if i in posts else p
        for i, p in enumerate(history.posts)
    )
    return replace(history, posts=changed)


def timeline(history: AccountHistory, until: int = FAR) -> Timeline:
    return Timeline(history, CURVE, "horizon", until=until, fill=COUNTED.likes_of)


def test_rounding_makes_a_label_less_sure_by_its_own_variance():
    exact = Counts(START + DAY, 1200.0, 20.0, 10.0, 12_000.0)
    coarse = replace(exact, coarseness=0.3)
    sure, unsure = (label_of(START, counts, CURVE, "horizon") for counts in (exact, coarse))
    assert (sure.rounded, unsure.rounded) == (False, True)
    assert unsure.logs == sure.logs
    # uniform over 0.6 log units
    assert unsure.sd**2 - sure.sd**2 == pytest.approx(0.6**2 / 12)
    assert label_of(START, coarse, CURVE, "mature").sd == pytest.approx(0.6 / math.sqrt(12))


def test_uncertain_posts_weigh_less_in_learning():
    whole = account("a", 30, noise=0.2)
    changed = withheld(whole, 10)
    coarse = tuple(replace(c, coarseness=0.5) for c in changed.posts[20].observations)
    posts = (*changed.posts[:20], replace(changed.posts[20], observations=coarse), *changed.posts[21:])
    rows = rows_of_account(0, replace(changed, posts=posts), CURVE, "horizon", FAR, fill=COUNTED.likes_of)
    sureness = dict(zip(rows.post.tolist(), rows.sureness.tolist(), strict=True))
    assert max(sureness[10], sureness[20]) < min(s for i, s in sureness.items() if i not in (10, 20))
    variance = dict(zip(rows.post.tolist(), rows.effect_posts("").variance.tolist(), strict=True))
    assert variance[10] > 2 * variance[11]


def test_withheld_likes_are_worked_out_by_the_accounts_own_ratio():
    whole = account("a", 40, noise=0.7)
    # three views a like, where other accounts have ten
    own = tuple(
        replace(p, observations=tuple(replace(c, views=3 * c.likes) for c in p.observations)) for p in whole.posts
    )
    whole = replace(whole, posts=own)
    true = timeline(whole).known_at(end_of(whole))
    filled = timeline(withheld(whole, *range(20, 40))).known_at(end_of(whole))
    assert filled.filled.tolist() == [False] * 20 + [True] * 20
    off = np.abs(filled.likes - true.likes)[20:]
    assert off.max() < 0.4
    assert np.mean(off < 1.2816 * filled.label_sd[20:]) > 0.7
    unknown = timeline(withheld(whole, *range(40))).known_at(end_of(whole))
    assert unknown.ratio_sd.min() > 2 * filled.ratio_sd[25:].max()
    assert not unknown.measured.any()
    np.testing.assert_array_equal(np.isnan(filled.counted_logs[:, 0]), filled.filled)


def test_filled_in_likes_are_neither_outcomes_nor_errors_for_drift():
    whole = account("a", 30)
    changed = withheld(whole, *range(20, 30))
    as_of = end_of(whole)
    assert first_day(changed.posts[25], CURVE, as_of) is None
    _, errors = learn_and_replay(GlobalModel.prior(), changed, as_of=as_of)
    assert {post.post_id for post in changed.posts[20:]}.isdisjoint(errors.post_id.tolist())
    assert len(errors)


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_no_count_of_the_future_fills_in_likes(data: st.DataObject):
    whole = account("a", 14, observed=(DAY // 4, DAY, 3 * DAY))
    hidden = data.draw(st.sets(st.integers(0, 13), min_size=1))
    moment = START + data.draw(st.integers(0, 18 * DAY))
    changed = withheld(whole, *hidden)
    later = replace(
        changed,
        posts=tuple(
            replace(
                p,
                observations=tuple(
                    c if c.observed_at <= moment else Counts(c.observed_at, 7e7, 1.0, 2.0, 3.0) for c in p.observations
                ),
            )
            for p in changed.posts
        ),
    )
    at_once, stepwise = timeline(changed), timeline(later)
    for step in sorted(data.draw(st.lists(st.integers(START, moment), max_size=4))):
        stepwise.advance(step)
    one, other = at_once.known_at(moment), stepwise.known_at(moment)
    for name in ("posted_at", "logs", "label_sd", "ratio_sd", "measured"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("counted_at", [DAY // 2, 3 * DAY])
def test_counted_likes_win_over_filled_in_ones_whichever_came_first(counted_at: int):
    p = account("one", 1).posts[0]
    nearest = Counts(p.posted_at + DAY, NAN, 5.0, 5.0, 1e6)
    counted = Counts(p.posted_at + counted_at, 700.0, 5.0, 5.0, 7000.0)
    history = AccountHistory("one", NAN, (replace(p, observations=(nearest, counted)),))
    known = timeline(history).known_at(p.posted_at + 9 * DAY)
    assert known.logs[0].tolist() == list(label_of(p.posted_at, counted, CURVE, "horizon").logs)
    assert not known.filled[0]


def test_nothing_is_filled_in_without_another_count():
    nothing = Counts(START + DAY, NAN, NAN, -1.0, math.inf)
    assert not can_fill_in(START, nothing)
    assert can_fill_in(START, replace(nothing, comments=0.0))
    assert not can_fill_in(START, replace(nothing, comments=9.0, observed_at=START + 60))
    blind = withheld(account("a", 20), *range(20), comments=NAN, shares=NAN, views=NAN)
    told = forecast(
        GlobalModel.prior(), learn_account(GlobalModel.prior(), blind, as_of=FAR // 2), draft(FAR // 2), as_of=0
    )
    assert any("no history" in warning for warning in told.warnings)


def test_an_uncertain_ratio_widens_the_range_and_is_told():
    whole = account("a", 30, noise=0.5)
    prior, as_of = GlobalModel.prior(), end_of(whole)

    def given(history: AccountHistory):
        return forecast(prior, learn_account(prior, history, as_of=as_of), draft(as_of), as_of=as_of)

    known, by_views = given(whole), given(withheld(whole, *range(30)))
    by_comments = given(withheld(whole, *range(30), views=NAN, shares=NAN))
    widths = [math.log(told.high / told.low) for told in (known, by_views, by_comments)]
    assert widths[0] < widths[1] < widths[2]
    assert known.baseline is not None
    assert by_views.baseline is None
    assert not any("filled in" in warning or "rounded" in warning for warning in known.warnings)
    assert any(
        warning.startswith("likes filled in: the likes of 20 of your last 20 posts") for warning in by_views.warnings
    )
    few = given(withheld(whole, 28, 29))
    assert not any("filled in" in warning for warning in few.warnings)


def test_a_history_file_may_have_rounded_counts(tmp_path):
    file = tmp_path / "history.csv"
    file.write_text(
        "account_id,post_id,posted_at,observed_at,caption,hashtags,duration_s,sound,followers,likes,comments,shares,views\n"
        "a,p,2026-11-01T18:00:00Z,2026-11-02T18:00:00Z,,,,,,1.2K,40,,3M\n"
    )
    (counts,) = read_history_file(file)[0].posts[0].observations
    assert (counts.likes, counts.comments, counts.views) == (1200, 40, 3_000_000)
    assert counts.coarseness == pytest.approx(math.log(3.5 / 2.5) / 2)
