import math
import random
from dataclasses import replace

import numpy as np
import pytest

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
from predictions.engine.estimators.network import Network
from predictions.engine.features.rows import OUTPUTS
from predictions.engine.features.tabular import TABULAR, Features
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
    assert {e.feature for e in told} <= {
        "recent_level", "account_size", "trend", "posting_pace", "post_hour", "weekday", "caption_length",
        "caption_wording", "hashtags", "similar_posts", "topic", "duration", "sound", "cover", "other",
    }  # fmt: skip


@pytest.mark.parametrize("trained", [False, True])
def test_the_effects_of_an_explanation_add_up_to_what_they_explain(model: GlobalModel, trained: bool):
    """From the account's usual to the typical forecast; and that which nothing explains is the lesser part of it."""
    used = model if trained else GlobalModel.prior()
    told, explained, rest = [], 0.0, 0.0
    for i in range(40):
        history = account(f"e{i}", 8 + i, level=3 + i % 6, caption_effect=1.5, favourite=i % 5)
        as_of = end_of(history)
        state = learn_account(used, history, as_of=as_of)
        planned = draft(as_of + i * 3600, i % 5)
        f = forecast(used, state, planned, as_of=as_of, explain=True)
        usual = Features.of(state.history.known_at(as_of), content_of(planned), planned.publish_at, NAN).base
        effects = {e.feature: math.log1p(e.effect_pct / 100) for e in f.explanation}
        # each line is rounded to a tenth of a per cent, and a rest below half a per cent has none
        allowed = 0.005 + 0.002 * len(effects)
        assert sum(effects.values()) == pytest.approx(math.log1p(f.typical) - usual, abs=allowed)
        told.append(f.explanation)
        rest += abs(effects.pop("other", 0.0))
        explained += sum(abs(effect) for effect in effects.values())
    assert all(len({e.feature for e in effects}) == len(effects) for effects in told)
    assert rest < explained / 3


def test_attributions_of_a_network_add_up(model: GlobalModel):
    assert model.ensemble
    network = model.ensemble.members["network"]
    assert isinstance(network, Network)
    random_ = np.random.default_rng(0)
    for step in random_.normal(size=(20, len(TABULAR))):
        inputs = network.middle + step * network.reach
        both = network.predict(np.stack([network.middle, inputs]))[:, OUTPUTS.index("typical")]
        assert network.attributions(inputs).sum() == pytest.approx(both[1] - both[0], abs=0.03)


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
    accounts = population()
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
