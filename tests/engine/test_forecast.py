import math
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from posts.content.pictures import CoverMeasures
from predictions.engine import (
    AccountHistory,
    Counts,
    Draft,
    GlobalModel,
    LearnedAccount,
    PublishedPost,
    UnreadableAccount,
    UnreadableModel,
    forecast,
    learn_account,
    train,
)
from predictions.engine.data.history import content_of
from predictions.engine.effects.design import WIDTH
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.explanation import LEVERS, OTHER, lever_columns
from predictions.engine.features.tabular import Features
from predictions.engine.forecasting import chance_above
from predictions.engine.types import Range
from tests.engine.synthetic import DAY, START, account, draft, end_of, population, post

NAN = float("nan")
NOW = START + 400 * DAY


def of(*posts: PublishedPost, followers: float = NAN) -> AccountHistory:
    return AccountHistory("odd", followers, posts)


def at(posted_at: int, *counts: tuple[int, float]) -> PublishedPost:
    return replace(
        post("p", posted_at, 1.0),
        observations=tuple(Counts(posted_at + age, likes, NAN, NAN, NAN) for age, likes in counts),
    )


def test_the_baseline_is_the_mean_of_the_last_five_labels():
    history = of(*(at(START + i * DAY, (DAY, x)) for i, x in enumerate([1000, 10, 20, 30, 40, 55])))
    state = learn_account(GlobalModel.prior(), history, as_of=NOW)
    assert forecast(GlobalModel.prior(), state, draft(NOW), as_of=NOW).baseline == pytest.approx(31)


@pytest.mark.parametrize(("level", "chance"), [(100.0, 0.5), (50.0, 0.9), (400.0, 0.1), (0.0, 1.0), (1e6, 0.0)])
def test_the_chance_to_beat_a_level_follows_both_sides_of_the_range(level: float, chance: float):
    assert chance_above(Range(50.0, 100.0, 400.0), math.log1p(level)) == pytest.approx(chance, abs=0.001)


@pytest.mark.parametrize(("level", "chance"), [(9.0, 1.0), (10.0, 0.5), (11.0, 0.0)])
def test_a_range_without_width_is_sure(level: float, chance: float):
    assert chance_above(Range(10.0, 10.0, 10.0), math.log1p(level)) == chance


def test_the_chance_to_beat_ones_usual_needs_a_history(model: GlobalModel):
    none = forecast(model, learn_account(model, of(), as_of=NOW), draft(NOW), as_of=NOW)
    assert none.chance_above_usual is None
    as_of = START + 31 * DAY
    some = forecast(model, learn_account(model, account("a", 30), as_of=as_of), draft(as_of), as_of=as_of)
    assert some.chance_above_usual is not None
    assert 0 < some.chance_above_usual < 1
    assert some.chance_above_usual in some.numbers()


def test_basis_and_warnings_say_what_a_forecast_rests_on(model: GlobalModel):
    prior = GlobalModel.prior()
    nothing, few, many = of(followers=3_000), account("few", 3), account("many", 30)

    def told(used: GlobalModel, history: AccountHistory) -> tuple[str, str]:
        as_of = START + 31 * DAY
        f = forecast(used, learn_account(used, history, as_of=as_of), draft(as_of), as_of=as_of)
        return f.basis, " ".join(w.split(":")[0] for w in f.warnings)

    assert told(prior, nothing) == ("prior", "no model trained yet no history")
    assert told(prior, many) == ("prior", "no model trained yet")
    assert told(model, nothing) == ("population", "no history")
    assert told(model, few) == ("account", "few posts")
    assert told(model, many) == ("account", "")


def test_without_history_followers_tell_the_level(model: GlobalModel):
    small, large = (
        forecast(model, learn_account(model, of(followers=f), as_of=NOW), draft(NOW), as_of=NOW).typical
        for f in (1e2, 1e6)
    )
    assert 0 < small < large


def test_estimated_labels_are_moved_to_the_horizon_and_said_so(model: GlobalModel):
    measured = account("m", 25, noise=0.3)
    late = account("m", 25, noise=0.3, observed=(60 * DAY,))
    as_of = NOW
    forecasts = [
        forecast(model, learn_account(model, h, as_of=as_of), draft(START + 27 * DAY), as_of=as_of)
        for h in (measured, late)
    ]
    # Sixty days old, the counts are twice those of the first day; the forecast is of the first day in both cases.
    assert 0.6 < forecasts[1].typical / forecasts[0].typical < 1.6
    assert any("estimated" in w for w in forecasts[1].warnings)
    assert not any("estimated" in w for w in forecasts[0].warnings)


def test_a_later_as_of_counts_posts_in_whose_first_day_ended_meanwhile(model: GlobalModel):
    history = account("late", 20, noise=0.2)
    viral = post("viral", end_of(history), 1e6, observed=(3600,))
    history = replace(history, posts=(*history.posts, viral))
    state = learn_account(model, history, as_of=viral.posted_at + 7200)
    at_once = forecast(model, state, draft(NOW), as_of=viral.posted_at + 7200)
    next_day = forecast(model, state, draft(NOW), as_of=viral.posted_at + DAY)
    assert at_once.baseline is not None
    assert next_day.baseline is not None
    assert next_day.baseline > 10 * at_once.baseline


def test_buckets_compare_with_the_accounts_own_middle_half(model: GlobalModel):
    """After a jump the forecast lies above the middle of the last twenty posts, after a fall below."""
    buckets = []
    for last in (9.0, 5.0):
        posts = [post(str(i), START + i * DAY, math.exp(last if i >= 26 else 7 + 0.1 * (i % 3))) for i in range(30)]
        state = learn_account(model, of(*posts), as_of=START + 31 * DAY)
        buckets.append(forecast(model, state, draft(START + 31 * DAY, 3), as_of=START + 31 * DAY).bucket)
    assert buckets == ["high", "low"]


def test_explanations_come_on_demand_and_in_a_creators_words(model: GlobalModel):
    history = account("e", 30)
    state = learn_account(model, history, as_of=end_of(history))
    planned = draft(end_of(history))
    assert forecast(model, state, planned, as_of=end_of(history)).explanation == ()
    told = forecast(model, state, planned, as_of=end_of(history), explain=True).explanation
    assert told
    assert {e.feature for e in told} <= {*LEVERS, OTHER}


@pytest.mark.parametrize("trained", [False, True])
def test_the_effects_of_an_explanation_add_up_to_what_they_explain(model: GlobalModel, trained: bool):
    """From the account's usual to the typical forecast, largest first, the rest last."""
    used = model if trained else GlobalModel.prior()
    for i in range(0, 40, 3):
        history = account(f"e{i}", 8 + i, level=3 + i % 6, caption_effect=1.5, favourite=i % 5)
        as_of = end_of(history)
        state = learn_account(used, history, as_of=as_of)
        planned = draft(as_of + i * 3600, i % 5)
        f = forecast(used, state, planned, as_of=as_of, explain=True)
        usual = Features.of(state.history.known_at(as_of), content_of(planned), planned.publish_at, NAN).base
        effects = {e.feature: math.log1p(e.effect_pct / 100) for e in f.explanation}
        assert len(effects) == len(f.explanation)
        # each line is rounded to a tenth of a per cent, and a rest below half a per cent has none
        allowed = 0.005 + 0.002 * len(effects)
        assert sum(effects.values()) == pytest.approx(math.log1p(f.typical) - usual, abs=allowed)
        assert OTHER not in list(effects)[:-1]
        sizes = [abs(effect) for lever, effect in effects.items() if lever != OTHER]
        assert all(size >= smaller - 0.002 for size, smaller in pairwise(sizes))


def test_an_explanation_tells_the_effects_that_the_account_has(model: GlobalModel):
    """An account whose sunsets do a factor of four better: its hashtags tell a sunset from the other captions."""
    history = account("sunsets", 120, caption_effect=1.4, noise=0.4)
    as_of = end_of(history)
    state = learn_account(model, history, as_of=as_of)
    sunset, other = (
        {
            e.feature: e.effect_pct
            for e in forecast(model, state, draft(as_of, kind), as_of=as_of, explain=True).explanation
        }
        for kind in (0, 1)
    )
    assert sunset["hashtags"] > 20 > 0 > other["hashtags"]


def test_an_explanation_says_nothing_of_a_duration_or_cover_that_was_not_given(model: GlobalModel):
    sure = EffectsPrior(mean=np.full(WIDTH, 0.05), scale_shares=np.array([1e-9, 1e-9, 1.0, 1e-9]))
    used, history = replace(model, effects=sure), account("n", 40)
    as_of = end_of(history)
    state = learn_account(used, history, as_of=as_of)
    cover = CoverMeasures(0.9, 0.5, 0.9, 0.5, 0.5)
    whole = replace(draft(as_of), duration_s=200.0, cover=cover)
    for left_out, planned in (
        (set[str](), whole),
        ({"duration"}, replace(whole, duration_s=NAN)),
        ({"cover"}, replace(whole, cover=None)),
    ):
        explained = forecast(used, state, planned, as_of=as_of, explain=True).explanation
        assert {e.feature for e in explained} & {"duration", "cover"} == {"duration", "cover"} - left_out


def test_levers_name_each_column_of_the_design_once():
    columns = sorted(column for of_lever in lever_columns(3).values() for column in of_lever)
    assert columns == list(range(WIDTH + 3))


@pytest.mark.parametrize("likes", [0, 1, 2, 7, 40, 399, 10**6])
def test_the_usual_of_a_constant_account_is_its_middle(likes: int):
    history = of(*(at(START + i * DAY, (DAY, likes)) for i in range(30)))
    prior = GlobalModel.prior()
    state = learn_account(prior, history, as_of=NOW)
    assert forecast(prior, state, draft(NOW), as_of=NOW).bucket == "medium"


def test_a_forecast_far_ahead_says_so(model: GlobalModel):
    history = account("f", 30)
    as_of = end_of(history)
    state = learn_account(model, history, as_of=as_of)

    def warnings(days: int) -> list[str]:
        given = forecast(model, state, draft(as_of + days * DAY), as_of=as_of)
        return [w for w in given.warnings if w.startswith("far ahead")]

    assert warnings(13) == []
    (told,) = warnings(100)
    assert "100 days from now" in told


def test_no_baseline_is_larger_than_a_forecast_can_be():
    history = of(*(at(START + i * DAY, (DAY // 12, 9e9)) for i in range(9)))
    f = forecast(GlobalModel.prior(), learn_account(GlobalModel.prior(), history, as_of=NOW), draft(NOW), as_of=NOW)
    assert f.baseline == pytest.approx(math.expm1(23.0))


def test_damaged_bytes_are_never_anything_but_unreadable(model: GlobalModel):
    """Any single byte may be wrong: it is refused in words, or the byte said nothing that matters."""
    history = account("d", 30)
    state = learn_account(model, history, as_of=end_of(history)).to_bytes()
    random_ = np.random.default_rng(0)
    for data, read, unreadable in (
        (state, LearnedAccount.from_bytes, UnreadableAccount),
        (model.to_bytes(), GlobalModel.from_bytes, UnreadableModel),
    ):
        refused = 0
        for _ in range(300):
            damaged = bytearray(data)
            damaged[random_.integers(len(data))] ^= 1 << random_.integers(8)
            try:
                read(bytes(damaged))
            except unreadable:
                refused += 1
        assert refused > 200


@pytest.mark.usefixtures("quick_training")
def test_model_bytes_are_deterministic():
    accounts = population(12)
    shuffled = random.Random(0).sample(accounts, len(accounts))
    until = max(end_of(a) for a in accounts)
    assert train(shuffled, until=until).to_bytes() == train(accounts, until=until).to_bytes()


def test_a_model_restored_from_its_bytes_gives_the_same_forecasts(model: GlobalModel):
    data = model.to_bytes()
    restored = GlobalModel.from_bytes(data)
    assert restored.to_bytes() == data
    assert restored.manifest == model.manifest
    history = account("r", 30)
    f, g = (
        forecast(m, learn_account(m, history, as_of=NOW), draft(NOW), as_of=NOW, explain=True)
        for m in (model, restored)
    )
    assert f == g


def test_the_prior_survives_its_bytes():
    prior = GlobalModel.prior()
    assert GlobalModel.from_bytes(prior.to_bytes()).is_prior
    assert GlobalModel.from_bytes(prior.to_bytes()).to_bytes() == prior.to_bytes()


def test_damaged_bytes_are_refused_with_a_clear_error(model: GlobalModel, monkeypatch: pytest.MonkeyPatch):
    data = model.to_bytes()
    state = learn_account(model, account("d"), as_of=NOW).to_bytes()
    for broken in (b"", b"not a model", data[: len(data) // 2], state):
        with pytest.raises(UnreadableModel):
            GlobalModel.from_bytes(broken)
    for broken in (b"", b"not a state", state[: len(state) // 2], data):
        with pytest.raises(UnreadableAccount):
            LearnedAccount.from_bytes(broken)
    monkeypatch.setattr("predictions.engine.global_model.FORMAT_VERSION", 99)
    monkeypatch.setattr("predictions.engine.learned_account.FORMAT_VERSION", 99)
    with pytest.raises(UnreadableModel, match=r"format \d+; this code reads format 99"):
        GlobalModel.from_bytes(data)
    with pytest.raises(UnreadableAccount, match="learn the account again"):
        LearnedAccount.from_bytes(state)


def test_intervals_cover_about_four_in_five_on_new_accounts(model: GlobalModel):
    inside = []
    for history in population(40, name="new", seed=2):
        for n in (8, 15, 29):
            p = history.posts[n]
            state = learn_account(model, history, as_of=p.posted_at)
            f = forecast(model, state, Draft(p.posted_at, p.caption, p.duration_s, p.sound, None), as_of=p.posted_at)
            inside.append(f.low <= p.observations[0].likes <= f.high)
    # Two standard errors of 120 forecasts are seven points.
    assert 0.70 <= np.mean(inside) <= 0.90


def test_the_point_lies_below_the_typical(model: GlobalModel):
    history = account("skewed", 30, noise=1.0)
    f = forecast(model, learn_account(model, history, as_of=NOW), draft(NOW), as_of=NOW)
    assert f.point < f.typical
