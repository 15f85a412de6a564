import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from predictions.engine import AccountHistory, Counts, PublishedPost
from predictions.engine.data.history_file import join_accounts
from predictions.engine.evaluation.backtest import NothingToTest, Result, run_backtest
from predictions.engine.evaluation.scores import score
from tests.engine.synthetic import DAY, START, account, population, post

MATURE = (60 * DAY,)


def mature_population(accounts: int, posts: int, name: str = "t") -> list[AccountHistory]:
    return [account(f"{name}{i}", posts, level=4 + i % 5, observed=MATURE) for i in range(accounts)]


def columns(result: Result) -> dict[tuple[str, str], tuple[float, ...]]:
    s = result.served
    values = zip(s.point, s.typical, s.low, s.high, result.baseline, strict=True)
    return dict(zip(zip(result.account_id, result.post_id, strict=True), values, strict=True))


def test_the_split_is_computed_as_by_hand():
    """Ten mature posts two days apart: the 80 % quantile lies a fifth of the way from the eighth to the ninth."""
    posts = [post(f"p{i}", START + 2 * i * DAY, 100.0 + i, observed=(10 * DAY,)) for i in range(10)]
    young = post("young", START + 30 * DAY, 100.0, observed=(6 * DAY,))
    result = run_backtest([AccountHistory("a", 100, (*posts, young))])
    assert result.report["split_at"] == START + (2 * 7 + 2 * 0.2) * DAY
    assert result.post_id == ["p8", "p9"]
    # p8's history is p0 to p7; p9 was published two days after p8.
    likes = [p.observations[0].likes for p in posts]
    assert result.baseline == pytest.approx([np.mean(likes[3:8]), np.mean(likes[4:9])])
    # Learned from: published a day before T or earlier, with a post before.
    assert result.report["train"]["rows"] == 6


def test_a_post_less_than_a_day_earlier_is_no_history():
    posts = [post(f"p{i}", START + i * DAY, 100.0, observed=MATURE) for i in range(20)]
    close = post("close", START + 19 * DAY + DAY // 2, 9e6, observed=MATURE)
    result = run_backtest([AccountHistory("a", 100, (*posts, close))])
    assert result.post_id[-1] == "close"
    assert result.baseline[-1] == pytest.approx(posts[0].observations[0].likes)


def test_posts_with_four_earlier_ones_are_not_tested():
    few = [post(f"few{i}", START + i * DAY, 50.0, observed=MATURE) for i in range(5)]
    with pytest.raises(NothingToTest, match="5 posts a day or more before"):
        run_backtest([AccountHistory("few", 1, tuple(few))])
    with pytest.raises(NothingToTest, match="7 days"):
        run_backtest([account("young", 30, observed=(DAY,))])


@pytest.mark.usefixtures("quick_training")
def test_the_order_of_accounts_and_files_does_not_matter():
    test, train = mature_population(5, 30), mature_population(8, 30, "train")
    assert columns(run_backtest(test, train)) == columns(run_backtest(test[::-1], train[::-1]))


@pytest.mark.usefixtures("quick_training")
def test_an_account_of_both_files_is_taken_from_the_test_file():
    test = mature_population(5, 30)
    changed = [replace(a, posts=tuple(replace(p, duration_s=1.0) for p in a.posts)) for a in test]
    assert columns(run_backtest(test, changed)) == columns(run_backtest(test))


def crawled(ages: tuple[int, ...], names: int = 4, posts: int = 25) -> list[AccountHistory]:
    return [account(f"x{i}", posts, observed=ages) for i in range(names)]


@pytest.mark.usefixtures("quick_training")
@pytest.mark.parametrize("horizon", [False, True])
def test_two_crawls_of_an_account_in_two_files_are_as_good_as_one_file(horizon: bool):
    test = [account(f"h{i}", 20, observed=(DAY if horizon else 60 * DAY,)) for i in range(3)]
    early, late, both = crawled((DAY,)), crawled((20 * DAY,)), crawled((DAY, 20 * DAY))
    expected = columns(run_backtest(test, both, horizon=horizon))
    assert columns(run_backtest(test, [*early, *late], horizon=horizon)) == expected
    assert columns(run_backtest(test, [*late, *early], horizon=horizon)) == expected


def test_a_joined_account_is_described_by_its_latest_crawl():
    early, late = (replace(crawled((age,), 1, 3)[0], followers=f) for age, f in ((DAY, 100.0), (20 * DAY, math.nan)))
    early = replace(early, follower_counts=((START, 90.0), (START + DAY, 100.0)))
    late = replace(late, follower_counts=((START + 2 * DAY, 80.0), (START + DAY, 100.0)))
    late = replace(late, posts=tuple(replace(p, sound="renamed") for p in late.posts[:2]))
    for crawls in ((early, late), (late, early)):
        (joined,) = join_accounts(crawls)
        assert [p.sound == "renamed" for p in joined.posts] == [True, True, False]
        assert [len(p.observations) for p in joined.posts] == [2, 2, 1]
        assert joined.followers == 80
        assert joined.follower_counts == ((START, 90.0), (START + DAY, 100.0), (START + 2 * DAY, 80.0))


def test_the_latest_observation_decides_even_where_it_lacks_the_likes():
    posts = [post(f"p{i}", START + i * DAY, 100.0, observed=(DAY if i > 15 else 60 * DAY,)) for i in range(20)]
    later = Counts(posts[-1].posted_at + 10 * DAY, math.nan, 1, 1, 1000)
    posts[-1] = replace(posts[-1], observations=(*posts[-1].observations, later))
    result = run_backtest([AccountHistory("a", 100, tuple(posts))], horizon=True)
    assert result.post_id == ["p16", "p17", "p18"]
    unliked = [replace(p, observations=(replace(p.observations[0], likes=math.nan),)) for p in posts]
    with pytest.raises(NothingToTest, match="none has its likes"):
        run_backtest([AccountHistory("a", 100, tuple(unliked))])


def test_the_horizon_splits_at_the_first_post_that_is_tested():
    """A post that was counted five minutes after publishing is no history."""
    posts = [post(f"p{i}", START + i * DAY, 100.0, observed=(60 * DAY,)) for i in range(5)]
    posts[0] = replace(posts[0], observations=(Counts(posts[0].posted_at + 300, 1, 0, 0, 10),))
    later = [post(f"q{i}", START + (6 + i) * DAY, 100.0, observed=(DAY,)) for i in range(6)]
    result = run_backtest([AccountHistory("a", 100, (*posts, *later))], horizon=True)
    assert result.report["split_at"] == min(result.posted_at)


def first_day_account(name: str, level: float) -> AccountHistory:
    """Crawled at one moment: old posts, and one that is 20 h old."""
    crawl = START + 40 * DAY
    old = [post(f"{name}-{i}", START + i * DAY, math.exp(level) * (1 + i % 3), i % 5) for i in range(30)]
    new = post(f"{name}-new", crawl - 20 * 3600, math.exp(level) * 2, 1)
    posts = tuple(
        replace(
            p, observations=(post("", p.posted_at, 2 * math.exp(level), 0, (crawl - p.posted_at,)).observations[0],)
        )
        for p in (*old, new)
    )
    return AccountHistory(name, 1000, posts)


@pytest.mark.usefixtures("quick_training")
def test_the_horizon_protocol_forecasts_first_days():
    test = [first_day_account(f"h{i}", 5 + i % 3) for i in range(6)]
    train = [first_day_account(f"train{i}", 5 + i % 3) for i in range(12)]
    result = run_backtest(test, train, horizon=True)
    assert sorted(result.post_id) == [f"h{i}-new" for i in range(6)]
    assert result.report["split_at"] == START + 40 * DAY - 20 * 3600
    # At 20 h a post has 45 % of what it ends with; the baseline is of posts that ended.
    assert np.all(np.abs(np.log(result.served.typical / result.likes)) < 0.5)
    # The baseline stays what it is: the mean of counts as they were crawled.
    crawled = [p.observations[0].likes for p in test[0].posts[-6:-1]]
    assert result.baseline[0] == pytest.approx(np.mean(crawled))
    with pytest.raises(NothingToTest, match="18 to 30 h"):
        run_backtest(mature_population(3, 30), horizon=True)


@pytest.mark.usefixtures("quick_training")
def test_the_other_measures_are_scored_too():
    """Synthetic posts have exactly fixed ratios to their likes, so theirs are forecast as well as the likes."""
    test = mature_population(5, 30)
    hidden = [replace(p, observations=tuple(replace(c, views=-1) for c in p.observations)) for p in test[0].posts]
    result = run_backtest([replace(test[0], posts=tuple(hidden)), *test[1:]], mature_population(20, 30, "train"))
    told = result.report["measures"]
    assert list(told) == ["comments", "shares", "views", "engagement_rate"]
    likes = result.report["scores"]["postcast"]
    assert told["comments"]["postcast"]["n"] == likes["n"]
    assert told["comments"]["postcast"]["log_mae"] < told["comments"]["baseline"]["log_mae"]
    # One account's views are not known: nothing to score there.
    assert told["views"]["postcast"]["n"] == likes["n"] - result.account_id.count(test[0].account_id)
    assert told["views"]["postcast"]["log_mae"] == pytest.approx(likes["log_mae"], abs=0.1)
    assert told["engagement_rate"]["postcast"]["median_ape"] < 0.05
    m = result.measured["views"]
    known = ~np.isnan(m.actual)
    again = score(m.actual[known], m.point[known], m.typical[known], m.low[known], m.high[known])
    assert again == told["views"]["postcast"]


@pytest.mark.usefixtures("quick_training")
def test_measures_that_no_post_has_are_not_scored():
    test = [replace(a, posts=tuple(_likes_only(p) for p in a.posts)) for a in mature_population(5, 30)]
    assert run_backtest(test).report["measures"] == {}


@pytest.mark.usefixtures("quick_training")
def test_first_days_of_each_measure_are_forecast_at_the_age_at_which_they_were_counted():
    """From 19 to 31 h views double, which likes do not: posts counted at 31 h tell of one that is counted at 19."""

    def counted(post_id: str, posted_at: int, *hours: int) -> PublishedPost:
        p = post(post_id, posted_at, 4000, observed=tuple(3600 * h for h in hours))
        doubled = [replace(c, views=c.views * (1 + (h > 24))) for c, h in zip(p.observations, hours, strict=True)]
        return replace(p, observations=tuple(doubled))

    train = [
        AccountHistory(f"train{i}", 100, tuple(counted(f"train{i}-{k}", START + k * DAY, 19, 31) for k in range(20)))
        for i in range(20)
    ]
    test = [
        AccountHistory(
            f"h{i}", 100, tuple(counted(f"h{i}-{k}", START + k * DAY, 31 if k < 9 else 19) for k in range(10))
        )
        for i in range(4)
    ]
    result = run_backtest(test, train, horizon=True)
    missed = np.log(result.served.typical / result.likes)
    views, rate = result.measured["views"], result.measured["engagement_rate"]
    assert np.log(views.typical / views.actual) == pytest.approx(missed, abs=0.1)
    assert rate.typical == pytest.approx(rate.actual, rel=0.1)


def _likes_only(p: PublishedPost) -> PublishedPost:
    counts = tuple(replace(c, comments=-1, shares=-1, views=-1) for c in p.observations)
    return replace(p, observations=counts)


def test_scores():
    likes, point, typical = np.array([0.0, 10, 100]), np.array([5.0, 5, 50]), np.array([1.0, 20, 100])
    scores = score(likes, point, typical, np.array([0.0, 11, 90]), np.array([9.0, 30, 110]), ["a"] * 3)
    assert scores["mape"] == 0.5
    assert scores["median_ape"] == 0.5
    assert scores["mae"] == pytest.approx(11 / 3, abs=1e-4)
    assert scores["log_mae"] == pytest.approx((math.log(2) + math.log(21 / 11)) / 3, abs=1e-4)
    assert scores["coverage"] == pytest.approx(2 / 3, abs=1e-4)
    assert scores["spearman"] == 1
    assert math.isnan(scores["within_spearman"])
    assert math.isnan(score(np.zeros(2), np.zeros(2), np.zeros(2))["mape"])


def write(path: Path, accounts: list[AccountHistory]) -> Path:
    from predictions.engine.data.history_file import COLUMNS

    def iso(moment: int) -> str:
        return str(np.datetime64(moment, "s")) + "Z"

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for a in accounts:
            for p in a.posts:
                for c in p.observations:
                    content = ["", " ".join(p.caption.hashtags), int(p.duration_s), p.sound, a.followers]
                    counts = [c.likes, c.comments, c.shares, c.views]
                    writer.writerow([a.account_id, p.post_id, iso(p.posted_at), iso(c.observed_at), *content, *counts])
    return path


@pytest.mark.usefixtures("quick_training")
def test_the_command_writes_what_it_promises(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    test = write(tmp_path / "test.csv", mature_population(4, 30))
    first, second = (write(tmp_path / f"{n}.csv", mature_population(5, 30, n)) for n in ("one", "two"))
    out, report = tmp_path / "out.csv", tmp_path / "report.json"
    call_command(
        "backtest",
        str(test),
        "--train",
        str(first),
        "--train",
        str(second),
        "--predictions",
        str(out),
        "--report",
        str(report),
    )
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = json.loads(report.read_text())
    assert set(told["seconds"]) == {"reading", "features", "training", "forecasts"}
    assert list(rows[0]) == [
        "account_id", "post_id", "posted_at", "likes", "predicted_likes", "typical_likes", "low_likes", "high_likes",
        "baseline_likes",
    ]  # fmt: skip
    assert len(rows) == told["test"]["rows"] == told["scores"]["postcast"]["n"]
    assert told["train"]["accounts"] == 14
    # The report can be recomputed from the predictions file.
    columns_ = {c: np.array([float(r[c]) for r in rows]) for c in list(rows[0])[3:]}
    again = score(
        columns_["likes"], columns_["predicted_likes"], columns_["typical_likes"], columns_["low_likes"],
        columns_["high_likes"],
    )  # fmt: skip
    assert again == {k: told["scores"]["postcast"][k] for k in again}
    assert np.all(columns_["low_likes"] <= columns_["typical_likes"])
    assert np.all(columns_["typical_likes"] <= columns_["high_likes"])
    shown = capsys.readouterr().out
    assert "scaled baseline" in shown
    assert "coverage" in shown
    assert "engagement rate, MA5" in shown


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path):
    broken = tmp_path / "broken.csv"
    broken.write_text("account_id,post_id\n")
    with pytest.raises(CommandError, match=r"line 1: missing columns"):
        call_command("backtest", str(broken))
    with pytest.raises(CommandError, match="No such file"):
        call_command("backtest", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match=r"report.json cannot be written: there is no folder"):
        call_command("backtest", str(broken), "--report", str(tmp_path / "none" / "report.json"))
    with pytest.raises(CommandError, match="no post to test"):
        call_command("backtest", str(write(tmp_path / "young.csv", population(2, 10))))
