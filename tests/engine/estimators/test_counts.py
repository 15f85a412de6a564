"""Comments, shares, views and the engagement rate, given the forecast of likes."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictions.engine import GlobalModel, forecast, learn_account
from predictions.engine.estimators.counts import CountsModel, fit_counts, forecast_counts
from predictions.engine.types import COUNTS, Floats, Range
from tests.engine.synthetic import DAY, START, account, draft, end_of

NAN = math.nan
LIKES = Range(150.0, 400.0, 1100.0)
FOLLOWED = np.array([-3.0, -4.0, 2.5])


def moments(n: int) -> np.ndarray:
    return START + DAY * np.arange(n, dtype=np.int64)


def simulated(accounts: int, posts: int, *, seed: int = 0, slope: float = -0.3) -> list[Floats]:
    """Log1p counts (posts, 4) of accounts with ratios of their own, fewer comments per like where a post does well."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(accounts):
        ratios = FOLLOWED + random.normal(0, [0.8, 0.8, 0.4])
        steadiness = np.exp(random.normal(0, 0.4))
        deviation = random.normal(0, 1, posts)
        other = random.normal(0, [0.5, 0.6, 0.25], (posts, 3)) * steadiness
        other[:, 0] += slope * deviation
        likes = random.normal(9, 1) + deviation
        made.append(np.column_stack([likes, likes[:, None] + ratios + other]))
    return made


def fitted(of_accounts: list[Floats]) -> CountsModel:
    n = [len(logs) for logs in of_accounts]
    posted_at = np.concatenate([moments(k) for k in n])
    return fit_counts(np.repeat(np.arange(len(n)), n), posted_at, np.concatenate(of_accounts))


@pytest.fixture(scope="module")
def learned() -> CountsModel:
    return fitted(simulated(60, 40))


def told(model: CountsModel, logs: Floats, likes: Range = LIKES, point: float = 300.0):
    return forecast_counts(model, moments(len(logs)), logs, likes, point)


def assert_sane(found: tuple[dict[str, float], dict[str, Range], Range | None]) -> None:
    metrics, ranges, rate = found
    assert list(metrics) == list(ranges)
    assert all(math.isfinite(x) and x >= 0 for x in metrics.values())
    for r in (*ranges.values(), *([rate] if rate else [])):
        assert 0 <= r.low <= r.typical <= r.high < math.inf
    assert rate is None or rate.high <= 1


counts = st.one_of(st.just(NAN), st.floats(0, 1e3), st.floats(0, 1e300))


@given(
    arrays(np.float64, st.tuples(st.integers(0, 12), st.just(4)), elements=counts),
    st.lists(st.floats(0, 1e10), min_size=4, max_size=4).map(sorted),
    st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_whatever_was_counted_ranges_are_sane(learned: CountsModel, seen: Floats, likes: list[float], trained: bool):
    low, point, typical, high = likes
    model = learned if trained else CountsModel()
    found = forecast_counts(model, moments(len(seen)), np.log1p(seen), Range(low, typical, high), point)
    assert_sane(found)
    assert found[0]["likes"] == point
    assert found[1]["likes"] == Range(low, typical, high)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 12), st.just(4)), elements=counts),
    st.lists(st.integers(0, 3)),
    st.data(),
)
@settings(deadline=None, max_examples=50)
def test_posts_of_the_same_moment_count_alike_in_any_order(seen: Floats, days: list[int], data: st.DataObject):
    days = sorted((days + [0] * len(seen))[: len(seen)])
    posted_at = START + DAY * np.array(days, dtype=np.int64)
    order = data.draw(st.permutations(range(len(seen))))
    order = sorted(order, key=lambda i: days[i])
    logs = np.log1p(seen)
    once, again = (CountsModel().expect(posted_at, x, 6.0) for x in (logs, logs[order]))
    np.testing.assert_allclose(once, again, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "seen",
    [
        np.zeros((0, 4)),
        np.full((9, 4), NAN),
        np.zeros((30, 4)),
        np.array([[100.0, 3, 1, 900]]),
        np.full((9, 4), 1e300),
        np.array([[0.0, 0, 0, 0], [1e12, 0, 0, 1e12]] * 10),
    ],
    ids=["no post", "nothing counted", "all zeros", "one post", "huge", "from nothing to everything"],
)
def test_odd_accounts(learned: CountsModel, seen: Floats):
    for model in (CountsModel(), learned):
        for likes in (LIKES, Range(0, 0, 0), Range(0, 1e9, 1e10)):
            assert_sane(told(model, np.log1p(seen), likes, likes.typical / 2))


def test_training_recovers_ratios_and_slopes(learned: CountsModel):
    np.testing.assert_allclose(learned.mean[:3], FOLLOWED, atol=0.35)
    assert learned.slope[0] == pytest.approx(-0.3, abs=0.05)
    assert abs(learned.slope[2]) < 0.05


def test_posts_that_do_well_get_fewer_comments_per_like(learned: CountsModel):
    logs = simulated(1, 40, seed=5)[0]
    typical, viral = (
        told(learned, logs, Range(x / 2, x, x * 2), x)[0]
        for x in (np.expm1(logs[:, 0].mean()), np.expm1(logs[:, 0].mean() + 2))
    )
    assert viral["comments"] / viral["likes"] < 0.75 * typical["comments"] / typical["likes"]
    assert viral["views"] / viral["likes"] == pytest.approx(typical["views"] / typical["likes"], rel=0.15)


def test_the_accounts_own_ratio_wins_as_posts_come(learned: CountsModel):
    own = np.log1p(np.tile([1000.0, 300.0, 100.0, 3000.0], (40, 1)))
    likes = Range(900, 1000, 1100)
    views = [told(learned, own[:n], likes)[1]["views"] for n in (0, 1, 40)]
    assert views[0].typical > views[1].typical > views[2].typical
    assert views[2].typical == pytest.approx(3000, rel=0.15)
    assert views[2].high / views[2].low < views[0].high / views[0].low


def test_a_drift_is_followed():
    drifting = simulated(30, 60)
    for i, logs in enumerate(drifting):
        logs[:, 3] += np.random.default_rng(i).normal(0, 0.3, 60).cumsum()
    before, after = (np.log1p(np.tile([1000.0, 50.0, 10.0, views], (n, 1))) for views, n in ((4e3, 60), (20e3, 25)))
    ranges = told(fitted(drifting), np.concatenate([before, after]), Range(900, 1000, 1100))[1]
    assert ranges["views"].typical == pytest.approx(20e3, rel=0.25)


def test_intervals_of_every_measure_hold_four_times_in_five_on_new_accounts(learned: CountsModel):
    inside: dict[str, list[bool]] = {name: [] for name in (*COUNTS[1:], "engagement_rate")}
    for logs in simulated(150, 25, seed=9):
        # Likes as if they were known: their interval is their own forecast's matter.
        likes = float(np.expm1(logs[-1, 0]))
        _, ranges, rate = told(learned, logs[:-1], Range(likes, likes, likes), likes)
        assert rate
        actual = dict(zip(COUNTS, np.expm1(logs[-1]), strict=True))
        for name in COUNTS[1:]:
            inside[name].append(ranges[name].low <= actual[name] <= ranges[name].high)
        engagement = (actual["likes"] + actual["comments"] + actual["shares"]) / actual["views"]
        inside["engagement_rate"].append(rate.low <= engagement <= rate.high)
    # Two and a half standard errors of 150 forecasts are eight points.
    for name, hits in inside.items():
        assert 0.72 <= np.mean(hits) <= 0.88, name


def test_the_likes_uncertainty_is_part_of_every_measures(learned: CountsModel):
    logs = simulated(1, 30, seed=3)[0]
    narrow, wide = (told(learned, logs, Range(1000 / k, 1000, 1000 * k)) for k in (1.1, 5))
    for name in COUNTS[1:]:
        assert wide[1][name].low < narrow[1][name].low < narrow[1][name].high < wide[1][name].high
    # The rate hardly depends on how many likes there are.
    assert wide[2]
    assert narrow[2]
    assert wide[2].high / narrow[2].high < 1.2


def test_without_views_anywhere_there_is_no_rate():
    blind = [np.where(np.arange(4) == 3, NAN, logs) for logs in simulated(12, 20)]
    model = fitted(blind)
    assert model.seen == (True, True, False, False)
    metrics, ranges, rate = told(model, blind[0])
    assert rate is None
    assert set(metrics) == set(ranges) == {"likes", "comments", "shares"}
    # An account that does count its views gets them.
    assert told(model, simulated(1, 20, seed=4)[0])[2]


def test_an_account_with_hidden_views_gets_those_of_accounts_alike(learned: CountsModel):
    logs = simulated(1, 30, seed=6)[0]
    hidden = np.where(np.arange(4) == 3, NAN, logs)
    known, unknown = (told(learned, x)[1]["views"] for x in (logs, hidden))
    assert unknown.high / unknown.low > known.high / known.low


def test_likes_are_worked_out_from_the_surest_other_count(learned: CountsModel):
    off, inside = [], []
    for logs in simulated(20, 30, seed=8):
        for i in range(10, 30):
            own = np.where(np.arange(4) == 0, NAN, logs[i])
            likes, sd, of_ratio = learned.likes_of(moments(i), logs[:i], own)
            assert 0 < of_ratio < sd
            # views follow the likes most closely
            assert (likes, sd, of_ratio) == learned.likes_of(moments(i), logs[:i], np.where([0, 1, 1, 0], NAN, own))
            off.append(abs(likes - logs[i, 0]))
            inside.append(off[-1] < 1.2816 * sd)
    assert np.mean(off) < 0.3
    assert 0.7 < np.mean(inside) < 0.9


def test_a_forecast_says_why_it_has_no_rate():
    blind = account("blind", 20)
    blind = replace(
        blind,
        posts=tuple(replace(p, observations=tuple(replace(c, views=NAN) for c in p.observations)) for p in blind.posts),
    )
    prior = GlobalModel.prior()
    as_of = end_of(blind)

    def given_by(seen: tuple[bool, bool, bool, bool]):
        model = replace(prior, counts=replace(prior.counts, seen=seen))
        return forecast(model, learn_account(model, blind, as_of=as_of), draft(as_of), as_of=as_of)

    assert given_by((True,) * 4).engagement_rate
    without = given_by((True, True, False, False))
    assert without.engagement_rate is None
    assert "views" not in without.metrics
    assert any(w.startswith("no engagement rate: views are not known") for w in without.warnings)


def test_what_was_learned_survives_its_json_and_is_deterministic(learned: CountsModel):
    text = json.dumps(learned.to_json())
    assert CountsModel.from_json(json.loads(text)) == learned
    assert json.dumps(fitted(simulated(60, 40)).to_json()) == text
    with pytest.raises(ValueError, match="another number"):
        CountsModel.from_json(json.loads(text) | {"mean": [1.0, 2.0]})


def test_few_posts_leave_the_prior_nearly_as_it_is():
    model = fitted([np.log1p(np.tile([10.0, 9.0, 9.0, 11.0], (2, 1)))])
    np.testing.assert_allclose(model.mean, CountsModel().mean, atol=0.5)
    nothing = np.zeros(0, dtype=np.int64)
    assert fit_counts(nothing, nothing, np.zeros((0, 4))) == CountsModel()
