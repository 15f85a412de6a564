"""Whatever comes in, a forecast comes out: finite, never negative, in order, and not far from what the account had."""

import csv
import itertools
import json
import math
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.pictures import CoverMeasures
from predictions.engine import (
    AccountHistory,
    Counts,
    Draft,
    Forecast,
    GlobalModel,
    LearnedAccount,
    PublishedPost,
    forecast,
    learn_account,
    train,
)
from predictions.engine.evaluation.backtest import NothingToTest, run_backtest
from tests.engine.evaluation.test_backtest import write
from tests.engine.synthetic import CAPTIONS, DAY, START, account, draft, population, post

NAN = float("nan")
NOW = START + 400 * DAY
MOST_LIKES = 9.7e9
"""A forecast stops here, and takes no label as more."""

MOST = 1e10
"""Of any count: more than there are people."""

FURTHEST = math.log(10)
"""The typical forecast stays within a factor of ten of what the account's known first days were ..."""

HIGHEST = math.log(100)
"""... and the interval's high end within a factor of a hundred of the best of them."""


def of(*posts: PublishedPost, followers: float = NAN) -> AccountHistory:
    return AccountHistory("odd", followers, posts)


def at(posted_at: int, *counts: tuple[int, float]) -> PublishedPost:
    """A post with likes observed at ages (seconds), other counts unknown."""
    return replace(
        post(str(posted_at), posted_at, 1.0),
        observations=tuple(Counts(posted_at + age, likes, NAN, NAN, NAN) for age, likes in counts),
    )


def daily(*likes: float, followers: float = NAN) -> AccountHistory:
    """A post a day, each observed at its horizon."""
    return of(*(at(START + i * DAY, (DAY, x)) for i, x in enumerate(likes)), followers=followers)


SCRIPTS = {
    "right to left": "مرحبا بالعالم שלום ",
    "Chinese, Japanese, Korean": "夕日がきれい 日落很美 노을이 예뻐요 ",
    "Thai without spaces": "พระอาทิตย์ตกที่ท่าเรือ",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈💃🏽",
    "combining": "Z̸̡̢a̷͕l̴̡g̶o̵ e\u0301",
    "zero width": "a\u200b\u200d\ufeff\u2060",
    "bidirectional controls": "\u202eabc\u202d\u2066x\u2069",
    "lone surrogates": "\ud800x\udfff",
    "control characters": "\x00\x07\x1b[31m\r\n\t",
    "hashtags": "#пляж #海辺 #café ",
    "one word": "a",
    "many tags": "#a",
}
CAPTIONS_IN_ANY_SCRIPT = {
    name: "".join(itertools.islice(itertools.cycle(text), 10_000)) for name, text in SCRIPTS.items()
}


ODD = {
    "nothing": of(),
    "one post": daily(10),
    "one post without a like": daily(0),
    "one huge post": daily(1e9),
    "all zeros": daily(*[0] * 30),
    "constant": daily(*[77] * 30),
    "zero or a billion": daily(*[0, 1e9] * 15),
    "the last one viral": daily(*[5] * 29, 1e9),
    "doubling": daily(*(2.0**i for i in range(30))),
    "fractions": daily(*[0.3] * 20),
    "gaps of years": of(*(at(START - i * 900 * DAY, (DAY, 10.0**i)) for i in range(8))),
    "ten thousand a day": of(*(at(START + i * 8, (DAY, i % 50)) for i in range(10_000))),
    "all at once": of(*(at(START, (DAY, i)) for i in range(40))),
    "twice the same": of(*daily(*range(20)).posts, *daily(*range(20)).posts),
    "newest first": of(*daily(*range(20)).posts[::-1]),
    "observed out of order and twice": of(*(at(START + i * DAY, (2 * DAY, 9), (DAY, 5), (DAY, 6)) for i in range(9))),
    "observed before publishing": of(*(at(START + i * DAY, (-3600, 7), (0, 8), (1, 9)) for i in range(9))),
    "future posts": of(at(START, (DAY, 10)), at(NOW + DAY, (DAY, 10))),
    "only future posts": of(*(at(NOW + i * DAY, (DAY, 10)) for i in range(1, 9))),
    "falling counts": of(*(at(START + i * DAY, (DAY, 100), (2 * DAY, 50), (9 * DAY, 3)) for i in range(9))),
    "minutes old": of(*(at(START + i * DAY, (700, 50)) for i in range(20))),
    "unknown counts": daily(*[NAN] * 9),
    "negative and infinite counts": of(*(at(START + i * DAY, (DAY, -5), (2 * DAY, math.inf)) for i in range(9))),
    "no observations": of(*(at(START + i * DAY) for i in range(9))),
    "huge counts": daily(*[1e300] * 9, followers=1e300),
    "more followers than people": daily(*[50] * 9, followers=1e14),
    "before 1970": of(*(at(i * DAY - 100 * DAY, (DAY, 5)) for i in range(9)), followers=-3),
    "other counts only": of(
        *(
            replace(at(START + i * DAY), observations=(Counts(START + (i + 1) * DAY, NAN, 0, -1, views),))
            for i, views in enumerate((1e300, 0, 700) * 3)
        )
    ),
    "odd content": of(
        *(
            replace(
                at(START + i * DAY, (DAY, 5)), duration_s=[NAN, -1, math.inf, 0, 1e300][i % 5], sound="\ud800" * i,
                caption=measure_caption(text), cover=CoverMeasures(NAN, math.inf, 0, -1, 1e300),
            )
            for i, text in enumerate(CAPTIONS_IN_ANY_SCRIPT.values())
        ),
        followers=math.inf,
    ),
}  # fmt: skip


def assert_sane(f: Forecast) -> None:
    """Finite, never negative, in order, bounded, and what belongs together agrees."""
    ranges = [*f.measures.values(), *([f.engagement_rate] if f.engagement_rate else [])]
    assert all(0 <= r.low <= r.typical <= r.high <= MOST for r in ranges)
    assert all(0 <= x <= MOST for x in (f.point, f.typical, f.low, f.high, *f.metrics.values()))
    assert f.low <= f.typical <= f.high
    assert f.low <= f.point <= f.high
    assert f.engagement_rate is None or f.engagement_rate.high <= 1
    assert f.bucket in ("low", "medium", "high")
    assert f.metrics["likes"] == f.point
    assert f.baseline is None or 0 <= f.baseline < math.inf
    assert all(math.isfinite(e.effect_pct) for e in f.explanation)


def assert_near_its_own(f: Forecast, model: GlobalModel, state: LearnedAccount) -> None:
    """Not far from the account's own first days; without one, no more than a very large account gets."""
    labels = np.minimum(state.history.known_at(state.as_of).likes, math.log1p(MOST_LIKES))
    if not len(labels):
        assert f.typical <= 1e8
        return
    typical, high = math.log1p(f.typical), math.log1p(f.high)
    assert labels.min() - FURTHEST <= typical <= labels.max() + FURTHEST
    assert high <= labels.max() + HIGHEST


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["prior", "trained"])
def test_odd_histories_get_sane_forecasts(model: GlobalModel, name: str, kind: str):
    used = model if kind == "trained" else GlobalModel.prior()
    state = learn_account(used, ODD[name], as_of=NOW)
    restored = LearnedAccount.from_bytes(state.to_bytes())
    for moment in (NOW, NOW + 5 * 365 * DAY, START - 10 * 365 * DAY):
        planned = replace(draft(moment, 1), duration_s=NAN)
        given_ = forecast(used, state, planned, as_of=NOW, explain=True)
        assert_sane(given_)
        assert_near_its_own(given_, used, state)
        assert forecast(used, restored, planned, as_of=NOW, explain=True) == given_


@pytest.mark.parametrize("script", CAPTIONS_IN_ANY_SCRIPT)
def test_drafts_with_captions_of_ten_thousand_characters_in_any_script(model: GlobalModel, script: str):
    measures = measure_caption(CAPTIONS_IN_ANY_SCRIPT[script])
    told = [value for f in fields(measures) if isinstance(value := getattr(measures, f.name), int | float | np.ndarray)]
    assert len(told) >= 9
    assert all(np.all(np.isfinite(value)) for value in told)
    history = account("any", 30)
    for used in (model, GlobalModel.prior()):
        state = learn_account(used, history, as_of=NOW)
        for duration in (NAN, 0.0, -5.0, math.inf, 1e300):
            f = forecast(used, state, Draft(NOW, measures, duration, "\ud800", None), as_of=NOW, explain=True)
            assert_sane(f)
            assert_near_its_own(f, used, state)


numbers = st.one_of(
    st.just(NAN), st.floats(-1e3, 1e12), st.just(math.inf), st.just(1e300), st.integers(0, 9).map(float)
)


@given(
    st.lists(st.tuples(st.integers(-400 * DAY, 400 * DAY), st.integers(-DAY, 30 * DAY), numbers, numbers), max_size=12),
    numbers,
    st.text(max_size=60),
)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_a_forecast_comes_out(model: GlobalModel, made, followers, text):
    posts = tuple(
        PublishedPost(
            str(i),
            START + when,
            CAPTIONS[i % 5],
            likes,
            text,
            None,
            (Counts(START + when + age, likes, other, other, other),),
        )
        for i, (when, age, likes, other) in enumerate(made)
    )
    for used in (model, GlobalModel.prior()):
        state = learn_account(used, AccountHistory("any", followers, posts), as_of=START)
        f = forecast(used, state, Draft(START, measure_caption(text), followers, text, None), as_of=START)
        assert_sane(f)
        assert_near_its_own(f, used, state)


@pytest.mark.parametrize("rounds", ["quick_training", pytest.param("model", id="all", marks=pytest.mark.prove)])
def test_odd_accounts_teach_nothing_absurd(rounds: str, request: pytest.FixtureRequest):
    """Alone they may teach that anything can happen; but nothing breaks, and a good account's typical post stays.

    In few rounds, and in `make prove` in as many as a training has.
    """
    request.getfixturevalue(rounds)
    odd = [replace(a, account_id=n) for n, a in ODD.items() if n != "ten thousand a day"]
    good = account("x")
    for accounts, is_prior in ((odd[:5], True), ([*population(12, 20), *odd], False)):
        trained = train(accounts, until=NOW)
        assert trained.is_prior is is_prior
        assert GlobalModel.from_bytes(trained.to_bytes()).to_bytes() == trained.to_bytes()
        for history in (good, of(followers=1e4), of()):
            state = learn_account(trained, history, as_of=NOW)
            assert_sane(forecast(trained, state, draft(NOW), as_of=NOW, explain=True))
        usual = np.median([p.observations[0].likes for p in good.posts])
        typical = forecast(trained, learn_account(trained, good, as_of=NOW), draft(NOW), as_of=NOW).typical
        assert usual / 10 <= typical <= usual * 10


@pytest.mark.usefixtures("quick_training")
@pytest.mark.parametrize(
    ("few", "many"), [(0.0, 1e6), *(pytest.param(*each, marks=pytest.mark.prove) for each in [(0.0, 1e4), (3.0, 3e4)])]
)
def test_an_account_of_two_extremes_is_promised_nothing_beyond_them(few: float, many: float):
    """Learned from a dozen ordinary accounts and from it: the factors that such a range is stretched by are large."""
    swinging = of(*(at(START + i * DAY, (DAY, many if i % 2 else few)) for i in range(60)))
    learned = train([*population(12), swinging], until=NOW)
    for used in (learned, GlobalModel.prior()):
        state = learn_account(used, swinging, as_of=NOW)
        given_ = forecast(used, state, draft(NOW, 1), as_of=NOW)
        assert_sane(given_)
        assert_near_its_own(given_, used, state)


def test_ten_thousand_posts_a_day_are_learned_in_bounded_memory(model: GlobalModel):
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        state = learn_account(model, ODD["ten thousand a day"], as_of=NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 200 * 2**20
    assert state.posts <= 1_000
    assert len(state.to_bytes()) < 2**20


def odd_for_the_protocol() -> list[AccountHistory]:
    """Odd accounts as a crawl long after shows them, so that the protocol tests some of their posts."""
    return [
        replace(
            history,
            account_id=f"odd {i}",
            posts=tuple(
                replace(
                    p,
                    post_id=f"{i}-{k}",
                    observations=tuple(replace(c, observed_at=NOW + 60 * DAY) for c in p.observations[-1:]),
                )
                for k, p in enumerate(history.posts[:300])
            ),
        )
        for i, history in enumerate(ODD.values())
    ]


@pytest.mark.usefixtures("quick_training")
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("horizon", [False, True], ids=["mature", "horizon"])
def test_the_protocol_survives_odd_accounts(horizon: bool):
    test = odd_for_the_protocol()
    if horizon:
        fresh = [at(NOW + 50 * DAY + i, (20 * 3600, likes)) for i, likes in enumerate((0, 1e9, 1e300, 3))]
        test = [
            replace(a, posts=(*a.posts, *(replace(p, post_id=f"{a.account_id}-{p.post_id}") for p in fresh)))
            for a in test
        ]
    result = run_backtest(test, population(4, 20), horizon=horizon)
    served = result.served
    assert len(result.post_id) > 20
    for low, typical, high, point in zip(served.low, served.typical, served.high, served.point, strict=True):
        assert 0 <= low <= typical <= high <= MOST
        assert 0 <= point <= MOST


@pytest.mark.usefixtures("quick_training")
def test_the_command_forecasts_odd_files_or_says_what_is_wrong_with_them(tmp_path: Path):
    """What the format allows is forecast; what it forbids is named with its line and column."""
    allowed = [
        daily(*[0] * 30),
        daily(*[77] * 30),
        daily(*[float(2**62)] * 30),
        of(*(at(START - i * 300 * DAY, (DAY, 10.0**i)) for i in range(12))),
        of(*(at(START + i * 8, (DAY, i % 50)) for i in range(500))),
    ]
    named = [
        replace(
            a,
            account_id=f"a{i}",
            followers=10.0 ** (3 * i),
            posts=tuple(
                replace(
                    p,
                    post_id=f"{i}-{k}",
                    # all of them end together: some posts of each come late enough to be tested
                    posted_at=p.posted_at + START + 100 * DAY - max(q.posted_at for q in a.posts),
                    observations=(Counts(NOW, p.observations[0].likes, 0, 0, 0),),
                )
                for k, p in enumerate(a.posts)
            ),
        )
        for i, a in enumerate(allowed)
    ]
    out, report = tmp_path / "out.csv", tmp_path / "report.json"
    command = ("backtest", str(write(tmp_path / "odd.csv", named)), "--predictions", str(out), "--report", str(report))
    call_command(*command)
    json.loads(report.read_text(), parse_constant=pytest.fail)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["account_id"] for row in rows}) >= 3
    for row in rows:
        low, typical, high = (float(row[f"{name}_likes"]) for name in ("low", "typical", "high"))
        assert 0 <= low <= typical <= high <= MOST
    forbidden = [
        ("likes", "-1", "is negative"), ("likes", "nan", "is no number"), ("views", "inf", "is no number"),
        ("likes", "1e300", "too large"),
        ("posted_at", "x", "no moment"),
        ("followers", "-3", "is negative"), ("duration_s", "nan", "is no number"), ("post_id", "", "empty"),
    ]  # fmt: skip
    good = (tmp_path / "odd.csv").read_text(encoding="utf-8").splitlines()
    header = good[0].split(",")
    for column, value, message in forbidden:
        cells = good[1].split(",")
        cells[header.index(column)] = value
        (tmp_path / "bad.csv").write_text("\n".join([good[0], ",".join(cells), *good[2:]]), encoding="utf-8")
        with pytest.raises(CommandError, match=rf"line 2, column {column}: .*{message}"):
            call_command("backtest", str(tmp_path / "bad.csv"))


def test_a_protocol_with_nothing_to_test_says_so():
    for odd in ("nothing", "one post", "unknown counts", "negative and infinite counts", "no observations"):
        with pytest.raises(NothingToTest, match="no post to test"):
            run_backtest([ODD[odd]])
