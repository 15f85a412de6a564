import math
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine import AccountHistory, Counts
from predictions.engine.data.growth import KNOT_HOURS, USUAL_SCALE, GrowthCurve, fit_growth
from predictions.engine.data.history import Timeline
from predictions.engine.data.labels import EARLY_CURVE, best_observation, early_label, label_of
from predictions.engine.features.rows import rows_of_account
from tests.engine.synthetic import DAY, START, account, post, share_at

HOUR = 3600
EVER = 2**40

ages = st.integers(600, 5 * 365 * DAY)
counts = st.one_of(st.just(math.nan), st.just(-1.0), st.just(math.inf), st.integers(0, 10**18).map(float))


@st.composite
def accounts_of_any_counts(draw: st.DrawFn) -> list[AccountHistory]:
    """A few accounts whose observations are of any counts at any ages: falling, absurd, unknown, clock skew too."""
    observation = st.builds(Counts, st.integers(START - DAY, START + 400 * DAY), counts, counts, counts, counts)
    histories = []
    for i in range(draw(st.integers(1, 3))):
        observed = draw(st.lists(st.lists(observation, max_size=4), min_size=1, max_size=12))
        posts = [
            replace(post(f"{i}-{k}", START + k * DAY, 1.0), observations=tuple(sorted(o, key=lambda c: c.observed_at)))
            for k, o in enumerate(observed)
        ]
        histories.append(AccountHistory(f"a{i}", 100.0, tuple(posts)))
    return histories


def growing_accounts(curve: GrowthCurve, seen: tuple[int, ...], level: float = 9.0) -> list[AccountHistory]:
    """Sixty accounts whose posts grow as the curve's process says, observed at the given ages."""
    random = np.random.default_rng(5)
    histories = []
    for i in range(60):
        posts = []
        for k in range(20):
            pace = random.gamma(1 / curve.unlikeness**2) * curve.unlikeness**2
            gains = [pace * curve.gain(a, b) for a, b in pairwise(seen)]
            steps = [random.gamma(gain / curve.variance_rate) * curve.variance_rate for gain in gains]
            likes = [round(math.exp(level + random.normal()))]
            for step in reversed(steps):  # each of those who liked it by an age had done so by an earlier one, or not
                likes.insert(0, int(random.binomial(likes[0], math.exp(-step))))
            observed = tuple(Counts(START + k * DAY + a, float(n), 0, 0, 0) for a, n in zip(seen, likes, strict=True))
            posts.append(replace(post(f"g{i}-{k}", START + k * DAY, 1.0), observations=observed))
        histories.append(AccountHistory(f"g{i}", 100.0, tuple(posts)))
    return histories


def unlike_growth(accounts: int = 40) -> list[AccountHistory]:
    """From the first day to the twentieth likes grow by half, comments by a tenth, shares by half; views double."""
    random = np.random.default_rng(0)
    histories = []
    for i in range(accounts):
        posts = []
        for k in range(20):
            likes = float(random.integers(500, 5000))
            first = Counts(START + k * DAY + DAY, likes, likes / 20, likes / 50, likes * 10)
            late = Counts(START + k * DAY + 20 * DAY, 1.5 * likes, 1.1 * likes / 20, 1.5 * likes / 50, 20 * likes)
            posts.append(replace(post(f"{i}-{k}", START + k * DAY, 1.0), observations=(first, late)))
        histories.append(AccountHistory(f"a{i}", 100.0, tuple(posts)))
    return histories


def counted_once(history: AccountHistory) -> AccountHistory:
    """As crawled at one moment: the latest five posts counted on their first day, the others on their twentieth."""
    posts = (replace(p, observations=p.observations[k < 15 :][:1]) for k, p in enumerate(history.posts))
    return replace(history, posts=tuple(posts))


def test_the_prior_says_half_by_24_hours_and_nearly_all_in_two_weeks():
    share = dict(zip(KNOT_HOURS, np.exp(GrowthCurve().log_share[0]), strict=True))
    assert share[24.0] == pytest.approx(0.5)
    assert share[336.0] > 0.95


def test_the_curve_is_learned_from_repeated_observations():
    """Posts that grow much faster than the prior has it: 80 % by 24 h."""
    accounts = []
    for i in range(30):
        history = account(f"g{i}", 20, observed=())
        random = np.random.default_rng(i)
        posts = []
        for p in history.posts:
            final = math.exp(random.normal(7, 1))
            ages = {6 * HOUR: 0.5, 24 * HOUR: 0.8, 20 * DAY: 1.0}
            posts.append(
                type(p)(
                    p.post_id, p.posted_at, p.caption, p.duration_s, p.sound, None,
                    tuple(Counts(p.posted_at + a, round(final * s), 0, 0, 0) for a, s in ages.items()),
                )
            )  # fmt: skip
        accounts.append(type(history)(history.account_id, history.followers, tuple(posts)))
    curve = fit_growth(accounts, 2**40)
    assert math.exp(-curve.gain(24 * HOUR, 30 * DAY)) == pytest.approx(0.8, abs=0.05)
    assert math.exp(curve.gain(24 * HOUR, 6 * HOUR)) == pytest.approx(0.5 / 0.8, abs=0.05)
    assert list(curve.log_share[0]) == sorted(curve.log_share[0])
    assert GrowthCurve.from_json(curve.to_json()) == curve


@pytest.mark.parametrize("seen", [list, lambda accounts: [counted_once(a) for a in accounts]])
def test_each_measure_is_moved_along_its_own_growth(seen):
    accounts = unlike_growth()
    curve = fit_growth(seen(accounts), EVER)
    first, late = accounts[0].posts[0].observations
    label = label_of(START, late, curve, "horizon")
    counted = (first.likes, first.comments, first.shares, first.views)
    assert np.expm1(label.logs) == pytest.approx(counted, rel=0.1)
    assert GrowthCurve.from_json(curve.to_json()) == curve


def test_the_likes_labels_know_nothing_of_other_measures_growth():
    accounts = unlike_growth()
    only_likes = [
        replace(a, posts=tuple(replace(p, observations=tuple(map(_only_likes, p.observations))) for p in a.posts))
        for a in accounts
    ]
    learned, alone = fit_growth(accounts, EVER), fit_growth(only_likes, EVER)
    assert learned.log_share[0] == alone.log_share[0]
    assert learned.variance_rate == alone.variance_rate
    counts = accounts[0].posts[0].observations[1]
    one, other = (label_of(START, counts, curve, "horizon") for curve in (learned, alone))
    assert (one.logs[0], one.sd) == (other.logs[0], other.sd)
    # Of measures that nobody counted nothing is learned: they move as the likes do.
    assert alone.gains(20 * DAY) == pytest.approx([alone.gain(20 * DAY)] * 4)


def _only_likes(counts: Counts) -> Counts:
    return Counts(counts.observed_at, counts.likes, math.nan, -1, math.inf)


def test_few_posts_say_little_of_how_measures_differ():
    one_post = unlike_growth(1)[0]
    curve = fit_growth([replace(one_post, posts=one_post.posts[:1])], EVER)
    assert 0 < curve.gains(DAY, 20 * DAY)[3] - curve.gain(DAY, 20 * DAY) < math.log(2 / 1.5) / 2


def test_a_few_odd_posts_do_not_make_a_measures_growth():
    accounts = unlike_growth()
    usual = fit_growth(accounts, EVER).gains(DAY, 20 * DAY)[3]
    for i, history in enumerate(accounts[:2]):
        odd = [
            replace(p, observations=(p.observations[0], replace(p.observations[1], views=1e9))) for p in history.posts
        ]
        accounts[i] = replace(history, posts=tuple(odd))
    assert fit_growth(accounts, EVER).gains(DAY, 20 * DAY)[3] == pytest.approx(usual, abs=0.15)


def test_no_count_is_taken_to_fall():
    accounts = unlike_growth()
    for i, history in enumerate(accounts):
        fallen = (
            replace(p, observations=(p.observations[0], replace(p.observations[1], comments=25.0)))
            for p in history.posts
        )
        accounts[i] = replace(history, posts=tuple(fallen))
    likes, comments, *_ = fit_growth(accounts, EVER).gains(DAY, 20 * DAY)
    assert comments == pytest.approx(0, abs=1e-6)
    assert likes == pytest.approx(math.log(1.5), rel=0.1)


def test_a_curve_of_other_knots_or_measures_is_refused():
    told = fit_growth(unlike_growth(), EVER).to_json()
    for damaged in ({"log_share": told["log_share"][1:]}, {"log_share": [share[1:] for share in told["log_share"]]}):
        with pytest.raises(ValueError, match="another number"):
            GrowthCurve.from_json(told | damaged)


def test_observations_after_its_moment_do_not_move_the_curve():
    accounts = [account(f"u{i}", 20, observed=(HOUR, DAY, 10 * DAY)) for i in range(5)]
    early = START + 3 * DAY
    cut = [
        type(a)(
            a.account_id, a.followers,
            tuple(type(p)(p.post_id, p.posted_at, p.caption, p.duration_s, p.sound, None,
                          tuple(c for c in p.observations if c.observed_at <= early)) for p in a.posts),
        )
        for a in accounts
    ]  # fmt: skip
    assert fit_growth(accounts, early) == fit_growth(cut, early)
    assert fit_growth(accounts, early) != fit_growth(accounts, 2**40)


def test_labels_are_measured_near_24_hours_and_estimated_elsewhere():
    curve = GrowthCurve()
    for age, measured in (
        (17 * HOUR, False),
        (18 * HOUR, True),
        (30 * HOUR, True),
        (31 * HOUR, False),
        (60 * DAY, False),
    ):
        p = post("p", START, 10_000, observed=(age,))
        label = label_of(START, p.observations[0], curve, "horizon")
        assert label.measured is measured
        assert math.expm1(label.logs[0]) == pytest.approx(10_000 * share_at(DAY), rel=0.03)
    assert curve.sd(DAY) == 0
    assert curve.sd(HOUR) > curve.sd(6 * HOUR) > 0


def test_the_observation_nearest_to_the_horizon_counts_and_of_equals_the_latest():
    p = post("p", START, 100, observed=(HOUR, 20 * HOUR, 9 * DAY))
    assert best_observation(p, START + 10 * DAY, "horizon") == p.observations[1]
    assert best_observation(p, START + 2 * HOUR, "horizon") == p.observations[0]
    assert best_observation(p, START + 10 * DAY, "mature") == p.observations[2]
    assert best_observation(p, START, "horizon") is None
    twice = type(p)(
        p.post_id, START, p.caption, 1.0, "", None, (Counts(START + DAY, 9, 0, 0, 0), Counts(START + DAY, 7, 0, 0, 0))
    )
    assert best_observation(twice, START + 2 * DAY, "mature") is not None


def test_an_early_label_is_the_first_count_after_an_hour_moved_by_what_no_model_learned():
    p = post("p", START, 10_000, observed=(30 * 60, 70 * 60, 110 * 60, 6 * HOUR, DAY))
    expected = label_of(START, p.observations[1], EARLY_CURVE, "horizon")
    assert early_label(p, EVER) == early_label(p, START + 2 * HOUR) == expected
    assert early_label(replace(p, observations=p.observations[::-1]), EVER) == expected
    assert expected.sd > 0.3


@pytest.mark.parametrize("observed", [(), (30 * 60,), (2 * HOUR + 1, 6 * HOUR, DAY)], ids=str)
def test_without_a_count_from_about_an_hour_there_is_no_early_label(observed):
    assert early_label(post("p", START, 10_000, observed=observed), EVER) is None


def test_an_early_label_is_not_known_before_its_count():
    assert early_label(post("p", START, 10_000, observed=(HOUR,)), START + HOUR - 1) is None


@given(
    st.lists(st.builds(Counts, st.integers(START + 2 * HOUR + 1, START + 400 * DAY), counts, counts, counts, counts))
)
def test_what_is_counted_after_two_hours_moves_no_early_label(later):
    p = post("p", START, 10_000, observed=(HOUR,))
    assert early_label(replace(p, observations=(*later, *p.observations)), EVER) == early_label(p, EVER)


def test_a_zero_stays_a_zero_at_any_age():
    assert label_of(START, Counts(START + HOUR, 0, 0, 0, 0), GrowthCurve(), "horizon").logs == (0, 0, 0, 0)


@given(accounts_of_any_counts())
@settings(deadline=None, max_examples=60)
def test_whatever_was_counted_the_curve_rises_and_labels_are_numbers(accounts):
    curve = fit_growth(accounts, EVER)
    assert np.isfinite(curve.log_share).all()
    # no count falls
    assert np.all(np.diff(curve.log_share) >= 0)
    assert 0 < curve.variance_rate < math.inf
    for history in accounts:
        timeline = Timeline(history, curve, "horizon", until=EVER)
        known = timeline.known_at(EVER)
        assert not np.isinf(known.logs).any()
        assert np.isfinite(known.likes).all()
        assert np.all(known.logs[~np.isnan(known.logs)] >= 0)
        assert np.all(known.label_sd >= 0)
        assert np.isfinite(known.label_sd).all()


@given(accounts_of_any_counts(), st.integers(START, START + 400 * DAY))
@settings(deadline=None, max_examples=40)
def test_nothing_observed_later_moves_the_curve(accounts, until):
    def cut(history: AccountHistory) -> AccountHistory:
        posts = [
            replace(p, observations=tuple(c for c in p.observations if c.observed_at <= until)) for p in history.posts
        ]
        return replace(history, posts=tuple(posts))

    assert fit_growth(accounts, until) == fit_growth([cut(a) for a in accounts], until)


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=10)
def test_the_order_of_accounts_posts_and_observations_does_not_matter(random):
    def shuffled(items):
        return tuple(random.sample(items, len(items)))

    accounts = [account(f"o{i}", 25, observed=(HOUR, DAY, (3 + i) * DAY)) for i in range(6)]
    mixed = [
        replace(a, posts=tuple(replace(p, observations=shuffled(p.observations)) for p in shuffled(a.posts)))
        for a in shuffled(accounts)
    ]
    one, other = fit_growth(accounts, EVER), fit_growth(mixed, EVER)
    assert np.array(one.log_share) == pytest.approx(np.array(other.log_share))
    assert one.variance_rate == pytest.approx(other.variance_rate)


@given(ages, ages, ages)
def test_steps_add_up_and_lead_back(a, b, c):
    curve = GrowthCurve()
    assert curve.gain(a, b) + curve.gain(b, c) == pytest.approx(curve.gain(a, c), abs=1e-9)
    assert curve.gain(a, b) == pytest.approx(-curve.gain(b, a), abs=1e-12)
    # Moved to the horizon and back, a count is what it was.
    counted = Counts(START + a, 1234.0, 1, 1, 1)
    log_count = label_of(START, counted, curve, "horizon").logs[0]
    assert math.expm1(log_count) * math.exp(curve.gain(DAY, a)) == pytest.approx(1234)


@given(ages, ages, st.integers(0, 10**9))
def test_a_label_is_less_sure_the_further_the_horizon_and_the_fewer_the_likes(a, b, count):
    curve = GrowthCurve()
    assert curve.sd(DAY, count=count) == 0
    assert curve.sd(a, count=count) >= curve.sd(a, count=count + 1) >= curve.sd(a)
    if (a - DAY) * (b - DAY) > 0:
        nearer, further = sorted((a, b), key=lambda age: abs(age - DAY))
        assert curve.sd(further) >= curve.sd(nearer)


@pytest.mark.parametrize("rate", [0.03, 0.2])
@pytest.mark.parametrize("level", [3.0, 9.0])
def test_the_spread_of_growth_is_learned_from_many_likes_and_from_few(rate, level):
    truth = replace(GrowthCurve(), variance_rate=rate)
    curve = fit_growth(growing_accounts(truth, (6 * HOUR, DAY, 4 * DAY), level), EVER)
    for a, b in ((HOUR, DAY), (6 * HOUR, DAY), (DAY, 4 * DAY), (DAY, 30 * DAY)):
        assert curve.sd(a, b) == pytest.approx(truth.sd(a, b), rel=0.2)


def test_how_far_posts_stray_in_their_first_day_is_learned_from_first_days_alone():
    regular = replace(GrowthCurve(), variance_rate=0.001, unlikeness=0.03)
    seen = (HOUR, 6 * HOUR, DAY)
    assert fit_growth(growing_accounts(regular, seen), EVER).first_day_scale < 0.15
    assert fit_growth(growing_accounts(GrowthCurve(), seen), EVER).first_day_scale == pytest.approx(1.0, abs=0.15)
    assert fit_growth(growing_accounts(regular, (DAY, 4 * DAY)), EVER).first_day_scale == USUAL_SCALE
    one = fit_growth(growing_accounts(regular, seen)[:1], EVER).first_day_scale
    assert 0.5 < one < USUAL_SCALE


def test_a_curve_that_was_stored_without_that_scale_is_still_read():
    stored = GrowthCurve().to_json()
    del stored["first_day_scale"]
    assert GrowthCurve.from_json(stored) == GrowthCurve()


def test_one_account_does_not_make_the_spread_of_all():
    seen = (6 * HOUR, DAY, 4 * DAY)
    usual = growing_accounts(replace(GrowthCurve(), variance_rate=0.05), seen)
    wild = growing_accounts(replace(GrowthCurve(), variance_rate=2.0), seen)
    one = AccountHistory("wild", 100.0, tuple(chain.from_iterable(a.posts for a in wild)))
    assert len(one.posts) == sum(len(a.posts) for a in usual)
    alone, beside_one, beside_many = (
        fit_growth(accounts, EVER).variance_rate for accounts in (usual, [*usual, one], [*usual, *wild])
    )
    assert beside_one - alone < (beside_many - alone) / 4


@pytest.mark.parametrize("age", [6 * HOUR, 4 * DAY, 30 * DAY])
@pytest.mark.parametrize("level", [3.0, 9.0])
def test_the_middle_80_per_cent_of_estimated_labels_hold_80_per_cent_of_first_days(age, level):
    curve = GrowthCurve()
    seen = tuple(sorted((age, DAY)))
    accounts = growing_accounts(curve, seen, level)
    inside = []
    for p in (p for a in accounts for p in a.posts):
        by_age = {c.observed_at - p.posted_at: c for c in p.observations}
        label = label_of(p.posted_at, by_age[age], curve, "horizon")
        inside.append(abs(label.logs[0] - math.log1p(by_age[DAY].likes)) <= 1.2816 * label.sd)
    assert 0.74 <= np.mean(inside) <= 0.9


def test_many_posts_of_one_account_do_not_make_the_curve_of_all():
    """Thirty accounts grow as the prior has it; one with as many posts as all of them together has no growth at all."""
    usual = [account(f"u{i}", 20, observed=(DAY, 30 * DAY)) for i in range(30)]
    odd = account("odd", 600, observed=(DAY, 30 * DAY))
    odd = replace(
        odd,
        posts=tuple(
            replace(p, observations=(p.observations[0], replace(p.observations[1], likes=p.observations[0].likes)))
            for p in odd.posts
        ),
    )
    assert fit_growth([*usual, odd], EVER).gain(DAY, 30 * DAY) > 0.8 * fit_growth(usual, EVER).gain(DAY, 30 * DAY)


def test_labels_to_learn_from_are_drawn_as_unsure_as_they_are():
    rows = rows_of_account(0, account("i", 400, observed=(30 * DAY,), step=HOUR), GrowthCurve(), "horizon", EVER)
    drawn = rows.imputed(1).label - rows.label
    assert drawn.mean() == pytest.approx(0, abs=0.1)
    assert drawn.std() == pytest.approx(rows.label_sd.mean(), rel=0.15)
    assert np.array_equal(rows.imputed(1).label, rows.imputed(1).label)
    assert not np.array_equal(rows.imputed(1).label, rows.imputed(2).label)
    sure = replace(rows, label_sd=np.zeros(len(rows)))
    assert np.array_equal(sure.imputed(1).label, rows.label)
